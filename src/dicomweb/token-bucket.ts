/**
 * How much of something (requests, bytes) may pass in a time: a bucket that fills steadily and may go into debt. Amounts are taken in the order
 * of the calls, each call learns how long to wait, and nobody overtakes. Pure: the clock is an argument.
 */
export interface TokenBucket {
  readonly perSecond: number;
  /** What may pass at once after a rest. */
  readonly capacity: number;
  /** May be negative: what passed already and has yet to be paid. */
  readonly tokens: number;
  /** When `tokens` was true, in ms. */
  readonly at: number;
}

export const fullBucket = (perSecond: number, capacity: number, now: number): TokenBucket => ({
  perSecond,
  capacity,
  tokens: capacity,
  at: now,
});

/** The bucket after `amount` was taken, and how many ms the taker has to wait before it goes on. */
export function take(
  bucket: TokenBucket,
  amount: number,
  now: number,
): { readonly bucket: TokenBucket; readonly waitMs: number } {
  // a clock that was set back fills nothing and takes nothing away
  const elapsed = Math.max(0, now - bucket.at);
  const filled = Math.min(bucket.capacity, bucket.tokens + (elapsed * bucket.perSecond) / 1000);
  const tokens = filled - amount;
  return {
    bucket: { ...bucket, tokens, at: now },
    waitMs: tokens >= 0 ? 0 : Math.ceil((-tokens / bucket.perSecond) * 1000),
  };
}
