/** So many in so long, by key: requests by address, failed sign-ins by address and by name. Memory is bounded; the oldest keys go first. */
export class Allowance {
  readonly #counts = new Map<string, { readonly since: number; count: number }>();

  constructor(
    private readonly limit: { readonly most: number; readonly withinMs: number; readonly keys: number },
    private readonly now: () => number,
  ) {}

  /** Counts one more; false where that is too many. */
  take(key: string): boolean {
    const known = this.#current(key);
    if (known) return ++known.count <= this.limit.most;
    if (this.#counts.size >= this.limit.keys) this.#counts.delete([...this.#counts.keys()][0]!);
    this.#counts.delete(key);
    this.#counts.set(key, { since: this.now(), count: 1 });
    return true;
  }

  /** Whether one more would be too many. */
  isSpent(key: string): boolean {
    return (this.#current(key)?.count ?? 0) >= this.limit.most;
  }

  forgive(key: string): void {
    this.#counts.delete(key);
  }

  #current(key: string) {
    const known = this.#counts.get(key);
    return known && this.now() - known.since < this.limit.withinMs ? known : undefined;
  }
}
