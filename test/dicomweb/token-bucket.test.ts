import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fullBucket, take } from '../../src/dicomweb/token-bucket.js';

describe('a token bucket', () => {
  test('lets a burst pass and then holds the rate', () => {
    let bucket = fullBucket(4, 4, 0);
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
      const taken = take(bucket, 1, 0);
      bucket = taken.bucket;
      return taken.waitMs;
    });
    expect(waits).toEqual([0, 0, 0, 0, 250, 500, 750, 1000]);
  });

  test('is not fuller than full after a rest, and survives a clock that is set back', () => {
    const drained = take(fullBucket(1, 2, 1000), 2, 1000).bucket;
    expect(take(drained, 3, 1_000_000).waitMs).toBe(1000);
    expect(take(drained, 1, 500).waitMs).toBe(1000);
  });

  test('whatever is asked for when, no stretch of time gets more than its rate and one burst', () => {
    const calls = fc.array(fc.record({ pause: fc.nat(2000), amount: fc.integer({ min: 1, max: 10 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (asked, rate, capacity) => {
        let bucket = fullBucket(rate, capacity, 0);
        let now = 0;
        const passed: { at: number; amount: number }[] = [];
        for (const { pause, amount } of asked) {
          now += pause;
          const taken = take(bucket, amount, now);
          bucket = taken.bucket;
          passed.push({ at: now + taken.waitMs, amount });
        }
        for (let i = 1; i < passed.length; i++) expect(passed[i]!.at).toBeGreaterThanOrEqual(passed[i - 1]!.at);
        for (let i = 0; i < passed.length; i++) {
          let amount = 0;
          for (let j = i; j < passed.length; j++) {
            amount += passed[j]!.amount;
            // what the first of a stretch took may have been saved up before it
            const allowed = capacity + passed[i]!.amount + ((passed[j]!.at - passed[i]!.at) * rate) / 1000;
            expect(amount).toBeLessThanOrEqual(allowed + 1e-6);
          }
        }
      }),
    );
  });
});
