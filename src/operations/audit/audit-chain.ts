import { createHash } from 'node:crypto';

/** One line of the audit trail. */
export interface AuditLine {
  readonly n: number;
  readonly at: string;
  readonly message: string;
  /** SHA-256 (hex) over the hash of the line before, the number, the time and the message. */
  readonly hash: string;
}

/** What stands before the first line. */
export const FIRST_HASH = '0'.repeat(64);

export const hashOfLine = (before: string, n: number, at: string, message: string): string =>
  createHash('sha256').update(`${before}\n${n}\n${at}\n${message}`).digest('hex');

export function lineOf(text: string): AuditLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { n, at, message, hash } = value as Record<string, unknown>;
  return typeof n === 'number' && typeof at === 'string' && typeof message === 'string' && typeof hash === 'string'
    ? { n, at, message, hash }
    : undefined;
}

export type ChainVerdict =
  | { readonly kind: 'whole'; readonly lines: number; readonly head: string; readonly last: string | undefined }
  | { readonly kind: 'broken'; readonly line: number; readonly says: string; readonly intact: number };

/** Judges lines in their order. What is missing at the very end cannot be seen from the lines: that takes a head noted elsewhere. */
export class ChainCheck {
  #before = FIRST_HASH;
  #lines = 0;
  #last: string | undefined;
  #broken: ChainVerdict | undefined;
  #heads = new Set<string>();

  constructor(private readonly expected: string | undefined) {}

  take(text: string): void {
    if (this.#broken) return;
    const n = this.#lines + 1;
    const line = lineOf(text);
    const broken = (says: string) => (this.#broken = { kind: 'broken', line: n, says, intact: this.#lines });
    if (!line) broken('is no line of an audit trail');
    else if (line.n !== n) broken(`has the number ${line.n}: a line is missing, doubled or moved`);
    else if (line.hash !== hashOfLine(this.#before, line.n, line.at, line.message))
      broken('does not fit its hash: it, or the line before it, was changed');
    else {
      this.#before = line.hash;
      this.#lines = n;
      this.#last = line.at;
      if (line.hash === this.expected) this.#heads.add(line.hash);
    }
  }

  verdict(): ChainVerdict {
    if (this.#broken) return this.#broken;
    if (this.expected !== undefined && !this.#heads.has(this.expected))
      return {
        kind: 'broken',
        line: this.#lines + 1,
        says: 'the head that was noted does not occur: lines are missing at the end, or it is another trail',
        intact: this.#lines,
      };
    return { kind: 'whole', lines: this.#lines, head: this.#before, last: this.#last };
  }
}
