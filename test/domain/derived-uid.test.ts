import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { derivedUid, isUid } from '../../src/domain/index.js';

describe('derived UIDs', () => {
  test('the published vector: caliper-uid-v1, sop, 1.2.3.4, model=grabcut@1.0.0', () => {
    expect(derivedUid('sop', ['1.2.3.4', 'model=grabcut@1.0.0'])).toBe('2.25.120037491997698652242127018661286543385');
  });

  test('always a legal UID of at most 44 characters with UUID version 8', () => {
    for (let i = 0; i < 500; i++) {
      const uid = derivedUid('series', [createHash('sha256').update(String(i)).digest('hex')]);
      expect(isUid(uid)).toBe(true);
      expect(uid.length).toBeLessThanOrEqual(44);
      const hex = BigInt(uid.slice(5)).toString(16).padStart(32, '0');
      expect(hex[12]).toBe('8');
      expect('89ab').toContain(hex[16]);
    }
  });

  test('kind and field boundaries matter', () => {
    const all = [
      derivedUid('sop', ['a', 'b']),
      derivedUid('series', ['a', 'b']),
      derivedUid('sop', ['ab']),
      derivedUid('sop', ['b', 'a']),
    ];
    expect(new Set(all).size).toBe(4);
  });
});
