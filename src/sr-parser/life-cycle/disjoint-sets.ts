/** Disjoint sets, in the order of their first members. */
export class DisjointSets<T> {
  readonly #setOf: Map<T, T[]>;

  constructor(members: readonly T[]) {
    this.#setOf = new Map(members.map((member) => [member, [member]]));
  }

  join(a: T, b: T): void {
    const [into, from] = [this.#setOf.get(b)!, this.#setOf.get(a)!];
    if (into === from) return;
    const [large, small] = into.length >= from.length ? [into, from] : [from, into];
    for (const member of small) {
      large.push(member);
      this.#setOf.set(member, large);
    }
  }

  areJoined(a: T, b: T): boolean {
    return this.#setOf.get(a) === this.#setOf.get(b);
  }

  all(): readonly (readonly T[])[] {
    return [...new Set(this.#setOf.values())];
  }
}
