/** Textbook maximum flow by shortest augmenting paths on an explicit graph. Slow, and shares nothing with the kernel. */
export class FlowGraph {
  readonly #capacity: Map<number, number>[];

  constructor(nodes: number) {
    this.#capacity = Array.from({ length: nodes }, () => new Map<number, number>());
  }

  addArc(from: number, to: number, capacity: number): void {
    this.#capacity[from]!.set(to, (this.#capacity[from]!.get(to) ?? 0) + capacity);
    if (!this.#capacity[to]!.has(from)) this.#capacity[to]!.set(from, 0);
  }

  /** Leaves the residual capacities behind. */
  maximumFlow(source: number, sink: number): number {
    let flow = 0;
    for (;;) {
      const cameFrom = this.#search(source);
      if (!cameFrom.has(sink)) return flow;
      const path: [number, number][] = [];
      for (let node = sink; node !== source; node = cameFrom.get(node)!) path.push([cameFrom.get(node)!, node]);
      const push = Math.min(...path.map(([a, b]) => this.#capacity[a]!.get(b)!));
      for (const [a, b] of path) {
        this.#capacity[a]!.set(b, this.#capacity[a]!.get(b)! - push);
        this.#capacity[b]!.set(a, this.#capacity[b]!.get(a)! + push);
      }
      flow += push;
    }
  }

  /** After `maximumFlow`: what can still be reached from the source. */
  reachedFrom(source: number): ReadonlySet<number> {
    return new Set(this.#search(source).keys());
  }

  /** After `maximumFlow`: what can still reach the sink. */
  reaching(sink: number): ReadonlySet<number> {
    const reaching = new Set([sink]);
    for (let grown = true; grown;) {
      grown = false;
      this.#capacity.forEach((arcs, node) => {
        if (reaching.has(node)) return;
        for (const [to, capacity] of arcs) {
          if (capacity === 0 || !reaching.has(to)) continue;
          reaching.add(node);
          grown = true;
          return;
        }
      });
    }
    return reaching;
  }

  #search(start: number): Map<number, number> {
    const cameFrom = new Map([[start, start]]);
    const queue = [start];
    for (const node of queue) {
      for (const [to, capacity] of this.#capacity[node]!) {
        if (capacity === 0 || cameFrom.has(to)) continue;
        cameFrom.set(to, node);
        queue.push(to);
      }
    }
    return cameFrom;
  }
}
