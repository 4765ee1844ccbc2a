import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { ReasonCode } from '../../src/domain/index.js';
import { isSpent, nextTryAfter } from '../../src/pipeline/waits.js';

const DAY = 86_400_000;

/** How often an item is tried, and over how long, until it is given up. */
function tried(reason: ReasonCode, item: number): { readonly tries: number; readonly days: number } {
  let ageMs = 0;
  for (let attempts = 0; ; attempts++) {
    if (isSpent(reason, { ageMs, attempts })) return { tries: attempts + 1, days: ageMs / DAY };
    if (attempts > 10_000) return { tries: Infinity, days: Infinity };
    ageMs += nextTryAfter(reason, { ageMs, attempts, item });
  }
}

test('tries end, and how often and for how long stands in docs/operations.md', () => {
  const page = readFileSync('docs/operations.md', 'utf8');
  for (const reason of ['archive-unreachable', 'archive-error', 'store-unclear'] as const)
    for (const item of [0, 1, 2, 1000]) {
      const { tries, days } = tried(reason, item);
      expect(tries).toBe(177);
      expect(days).toBeGreaterThan(7);
      expect(days).toBeLessThan(7.1 * 1.2);
    }
  expect(tried('unexpected-error', 1).tries).toBe(12);
  for (const reason of ['image-gone', 'study-not-there'] as const) {
    const { tries, days } = tried(reason, 1);
    expect(days).toBeGreaterThan(7);
    expect(days).toBeLessThan(7.5);
    expect(tries).toBeLessThan(60);
  }
  expect(tried('source-paused', 1).tries).toBe(Infinity);
  expect(page).toContain('177 tries');
  expect(page).toContain('12 tries');
});

test('what failed together is not tried again together, and no Retry-After is undercut', () => {
  const at = (item: number) => nextTryAfter('archive-error', { ageMs: 0, attempts: 5, item });
  const waits = new Set(Array.from({ length: 100 }, (_, item) => at(item)));
  expect(waits.size).toBe(100);
  for (const wait of waits) {
    expect(wait).toBeGreaterThanOrEqual(480_000);
    expect(wait).toBeLessThan(576_001);
  }
  const asked = nextTryAfter('archive-busy', { ageMs: 0, attempts: 0, item: 1, retryAfterMs: 3_600_000 });
  expect(asked).toBeGreaterThanOrEqual(3_600_000);
  const century = nextTryAfter('archive-busy', { ageMs: 0, attempts: 0, item: 1, retryAfterMs: 3e12 });
  expect(century).toBeLessThanOrEqual(1.2 * DAY);
});
