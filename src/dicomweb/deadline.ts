/** Ends something after a time that does not count our own waiting. */
export class Deadline {
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout;
  #granted = 0;

  constructor(milliseconds: number) {
    this.#timer = setTimeout(() => this.#fire(), milliseconds);
  }

  /** Aborts with a `TimeoutError` at the deadline, with an `AbortError` where it was ended before. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Moves the deadline: this long was waited for the budget, not for the archive. */
  grant(milliseconds: number): void {
    this.#granted += milliseconds;
  }

  end(): void {
    this.clear();
    this.#controller.abort();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #fire(): void {
    if (this.#granted === 0) return this.#controller.abort(new DOMException('deadline', 'TimeoutError'));
    this.#timer = setTimeout(() => this.#fire(), this.#granted);
    this.#granted = 0;
  }
}
