/** Answers this much slower than the archive's usual ones make a harvest slower. */
const SLOW_TIMES = 4;
/** Differences below this are nobody's trouble. */
const SLOW_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const LEARNING = 20;

interface Trend {
  /** What is usual: sinks quickly, rises slowly. */
  usualMs: number;
  recentMs: number;
  count: number;
}

/** Whether an archive answers slower than it did, and how long to leave it alone between requests because of that. */
export class Latency {
  readonly #trends = new Map<string, Trend>();
  #factor = 0;

  took(kind: string, ms: number): void {
    const trend = this.#trends.get(kind) ?? { usualMs: ms, recentMs: ms, count: 0 };
    this.#trends.set(kind, trend);
    trend.count++;
    trend.recentMs += 0.2 * (ms - trend.recentMs);
    trend.usualMs += (ms < trend.usualMs || trend.count < LEARNING ? 0.1 : 0.002) * (ms - trend.usualMs);
    if (trend.count < LEARNING) return;
    const isSlow = trend.recentMs > SLOW_TIMES * trend.usualMs && trend.recentMs - trend.usualMs > SLOW_MS;
    if (isSlow) this.#factor = Math.min(32, Math.max(0.5, this.#factor * 1.5));
    else if (trend.recentMs < (SLOW_TIMES / 2) * trend.usualMs + SLOW_MS / 2)
      this.#factor = this.#factor < 0.5 ? 0 : this.#factor / 1.5;
  }

  /** What is added between two requests. */
  pauseMs(): number {
    if (this.#factor === 0) return 0;
    const recent = Math.max(...[...this.#trends.values()].map((t) => t.recentMs));
    return Math.min(LONGEST_PAUSE_MS, this.#factor * recent);
  }
}
