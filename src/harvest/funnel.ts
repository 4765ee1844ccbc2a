/** Counts that add up: what went into a stage either came out of it or was lost there by a reason. */
export interface Stage {
  readonly stage: string;
  readonly counts: string;
  readonly in: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly out: number;
}

/** Counts one stage: every thing is either lost by a reason or goes on. */
export class StageCount {
  readonly #lost = new Map<string, number>();
  #in = 0;

  constructor(
    readonly stage: string,
    readonly counts: string,
  ) {}

  passed(): void {
    this.#in++;
  }

  lost(reason: string): void {
    this.#in++;
    this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + 1);
  }

  result(): Stage {
    const lost = [...this.#lost].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      stage: this.stage,
      counts: this.counts,
      in: this.#in,
      lost: Object.fromEntries(lost),
      out: this.#in - lost.reduce((sum, [, n]) => sum + n, 0),
    };
  }
}
