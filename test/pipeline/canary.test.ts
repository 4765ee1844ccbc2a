import { expect, test } from '@jest/globals';
import { asReadUid, type SopInstanceUid } from '../../src/domain/index.js';
import { isInCanary } from '../../src/pipeline/canary.js';

const uids = Array.from({ length: 20_000 }, (_, i) => asReadUid<SopInstanceUid>(`1.2.840.113619.2.55.3.${i}.1`));

test.each([0.001, 0.05, 0.5])('a share of %d is that share of reports whose UIDs differ in a counter', (share) => {
  const count = uids.filter((uid) => isInCanary(uid, share)).length;
  const expected = uids.length * share;
  expect(Math.abs(count - expected)).toBeLessThan(4.5 * Math.sqrt(expected * (1 - share)));
});

test('0 is none, 1 is all, and a greater share holds the smaller one', () => {
  const of = (share: number) => uids.filter((uid) => isInCanary(uid, share));
  expect(of(0)).toEqual([]);
  expect(of(1)).toHaveLength(uids.length);
  const larger = new Set(of(0.2));
  expect(of(0.1).every((uid) => larger.has(uid))).toBe(true);
});

test('where a report falls is fixed for ever: SHA-256 of its UID, the first 48 bits as a fraction', () => {
  // printf 1.2.3 | sha256sum begins with c47f; 0xc47f / 0x10000 = 0.76756
  const uid = asReadUid<SopInstanceUid>('1.2.3');
  expect([0.7675, 0.7676].map((share) => isInCanary(uid, share))).toEqual([false, true]);
});
