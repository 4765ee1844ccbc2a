import { fail, ok, type Result } from '../../domain/index.js';
import { boundaryOf } from './boundary.js';

export interface MultipartLimits {
  /** Bytes of one part's headers, and of what may stand before the first boundary. */
  readonly headerBytes: number;
  /** Bytes of one part's body. */
  readonly partBytes: number;
  readonly parts: number;
}

export interface MultipartPart {
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

export type MultipartProblem =
  | 'no-boundary-in-content-type'
  | 'no-boundary-in-body'
  | 'no-closing-boundary'
  | 'headers-too-long'
  | 'part-too-long'
  | 'too-many-parts';

const LF = 0x0a;
/** Blanks that may stand between a boundary and its line end (RFC 2046, transport padding). */
const PADDING_LIMIT = 64;

/** Where reading goes on after a boundary line. */
interface Crossing {
  readonly kind: 'part' | 'close';
  readonly end: number;
}

type AfterBoundary = Crossing | 'data' | 'undecided';

/**
 * Splits a multipart body (RFC 2046 5.1) as it arrives; how it is cut into chunks makes no difference. A boundary counts only at the start of a
 * line and when its line ends or `--` follows, so that its text may occur inside a part. Line ends are CRLF; where the first boundary line ends
 * in LF alone, the sender writes LF throughout and boundaries are sought so. Header lines may end either way. Bodies are views where a part
 * lies in one chunk. `Content-Length` of a part is not believed.
 */
export class MultipartSplitter {
  readonly #limits: MultipartLimits;
  readonly #boundary: Buffer;
  #state: 'preamble' | 'headers' | 'body' | 'epilogue' = 'preamble';
  #problem: MultipartProblem | undefined;
  #lineEnd = Buffer.from('\r\n');
  #delimiter: Buffer;
  /** What arrived and was not understood yet. */
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes at the front of `#pending` that were dropped or looked through without a find. */
  #searched = 0;
  #preambleBytes = 0;
  #parts = 0;
  #headers = new Map<string, string>();
  #headerBytes = 0;
  #lastHeader: string | undefined;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  /** Bytes of the blank line before the body that are kept in `#pending`, because they may belong to a delimiter (a part without body). */
  #blankLine = 0;

  constructor(contentTypeHeader: string, limits: MultipartLimits) {
    const boundary = boundaryOf(contentTypeHeader);
    if (boundary === undefined) this.#problem = 'no-boundary-in-content-type';
    this.#limits = limits;
    this.#boundary = Buffer.from(`--${boundary ?? ''}`, 'latin1');
    this.#delimiter = Buffer.concat([this.#lineEnd, this.#boundary]);
  }

  /** What ended the splitting; nothing more is given after it, and the rest of the body need not be fetched. */
  get problem(): MultipartProblem | undefined {
    return this.#problem;
  }

  /** Parts that are complete with this chunk. The chunk must not be changed afterwards. */
  push(chunk: Uint8Array): MultipartPart[] {
    const complete: MultipartPart[] = [];
    if (this.#problem !== undefined || this.#state === 'epilogue') return complete;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#step(complete)) continue;
    return complete;
  }

  /** To be called when the body has ended: a body without its closing boundary was cut off. */
  end(): Result<MultipartPart[], MultipartProblem> {
    if (this.#problem === undefined && this.#state !== 'epilogue')
      this.#problem = this.#state === 'preamble' ? 'no-boundary-in-body' : 'no-closing-boundary';
    return this.#problem === undefined ? ok([]) : fail(this.#problem);
  }

  /** One move; false when more bytes are needed or a problem was found. */
  #step(complete: MultipartPart[]): boolean {
    switch (this.#state) {
      case 'preamble':
        return this.#readPreamble();
      case 'headers':
        return this.#readHeaderLine();
      case 'body':
        return this.#readBody(complete);
      case 'epilogue':
        this.#pending = Buffer.alloc(0);
        return false;
    }
  }

  #readPreamble(): boolean {
    for (let at = this.#searched; ; at++) {
      at = this.#pending.indexOf(this.#boundary, at);
      if (at < 0) return this.#dropPreamble(Math.max(this.#searched, this.#pending.length - this.#boundary.length + 1));
      if (this.#preambleBytes + at > this.#limits.headerBytes) return this.#fail('no-boundary-in-body');
      const startsLine = at === 0 ? this.#preambleBytes === 0 : this.#pending[at - 1] === LF;
      if (!startsLine) continue;
      const after = at + this.#boundary.length;
      let next = this.#afterBoundary(after);
      if (next === 'undecided') return this.#dropPreamble(at);
      if (next === 'data') {
        const lineOnlyByLf = this.#endsInLf(after);
        if (lineOnlyByLf === undefined) continue;
        this.#lineEnd = Buffer.from('\n');
        this.#delimiter = Buffer.concat([this.#lineEnd, this.#boundary]);
        next = { kind: 'part', end: lineOnlyByLf };
      }
      return this.#cross(next);
    }
  }

  /** Forgets what cannot be part of the first boundary, but for the byte before it, which tells whether a line starts there. */
  #dropPreamble(searched: number): false {
    const drop = Math.max(0, searched - 1);
    this.#pending = this.#pending.subarray(drop);
    this.#preambleBytes += drop;
    this.#searched = searched - drop;
    if (this.#preambleBytes > this.#limits.headerBytes) this.#fail('no-boundary-in-body');
    return false;
  }

  #endsInLf(after: number): number | undefined {
    let at = after;
    while (at - after <= PADDING_LIMIT && isBlank(this.#pending[at])) at++;
    return this.#pending[at] === LF ? at + 1 : undefined;
  }

  /** What follows a boundary at `after` of `#pending`: its line end, `--`, or neither: then it is data. */
  #afterBoundary(after: number): AfterBoundary {
    const bytes = this.#pending;
    if (bytes.length >= after + 2 && bytes[after] === 0x2d && bytes[after + 1] === 0x2d)
      return { kind: 'close', end: after + 2 };
    if (bytes.length === after + 1 && bytes[after] === 0x2d) return 'undecided';
    let at = after;
    while (at - after <= PADDING_LIMIT && isBlank(bytes[at])) at++;
    if (at - after > PADDING_LIMIT) return 'data';
    for (const expected of this.#lineEnd) {
      if (at >= bytes.length) return 'undecided';
      if (bytes[at] !== expected) return 'data';
      at++;
    }
    return { kind: 'part', end: at };
  }

  #cross(next: Crossing): boolean {
    this.#pending = this.#pending.subarray(next.end);
    this.#searched = 0;
    if (next.kind === 'close') {
      this.#state = 'epilogue';
      return true;
    }
    if (this.#parts === this.#limits.parts) return this.#fail('too-many-parts');
    this.#parts++;
    this.#state = 'headers';
    this.#headers = new Map();
    this.#bodyBytes = 0;
    return true;
  }

  #readHeaderLine(): boolean {
    const lf = this.#pending.indexOf(LF, this.#searched);
    const known = lf < 0 ? this.#pending.length : lf + 1;
    if (this.#headerBytes + known > this.#limits.headerBytes) return this.#fail('headers-too-long');
    if (lf < 0) {
      this.#searched = this.#pending.length;
      return false;
    }
    const end = lf > 0 && this.#pending[lf - 1] === 0x0d ? lf - 1 : lf;
    if (end === 0) {
      this.#blankLine = lf + 1;
      this.#searched = 0;
      this.#headerBytes = 0;
      this.#lastHeader = undefined;
      this.#body = [];
      this.#state = 'body';
      return true;
    }
    this.#takeHeader(this.#pending.toString('latin1', 0, end));
    this.#headerBytes += known;
    this.#pending = this.#pending.subarray(known);
    this.#searched = 0;
    return true;
  }

  /** A line that is neither a header nor the continuation of one says nothing and is passed over. */
  #takeHeader(line: string): void {
    const folded = /^[ \t]/.test(line);
    const colon = line.indexOf(':');
    if (folded && this.#lastHeader !== undefined) {
      this.#headers.set(this.#lastHeader, `${this.#headers.get(this.#lastHeader) ?? ''} ${line.trim()}`.trim());
    } else if (!folded && colon > 0) {
      this.#lastHeader = line.slice(0, colon).trim().toLowerCase();
      this.#headers.set(this.#lastHeader, line.slice(colon + 1).trim());
    }
  }

  #readBody(complete: MultipartPart[]): boolean {
    for (let at = this.#searched; ; at++) {
      at = this.#pending.indexOf(this.#delimiter, at);
      if (at < 0) return this.#keepBody(Math.max(this.#searched, this.#pending.length - this.#delimiter.length + 1));
      const next = this.#afterBoundary(at + this.#delimiter.length);
      if (next === 'data') continue;
      this.#keepBody(at);
      if (this.#problem !== undefined || next === 'undecided') return false;
      this.#blankLine = 0;
      complete.push({
        headers: this.#headers,
        contentType: this.#headers.get('content-type'),
        body: this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body),
      });
      this.#body = [];
      return this.#cross({ kind: next.kind, end: next.end - at });
    }
  }

  /** Moves the first `count` bytes of `#pending`, which are certainly data, to the body. */
  #keepBody(count: number): false {
    const blank = Math.min(this.#blankLine, count);
    this.#blankLine -= blank;
    if (count > blank) this.#body.push(this.#pending.subarray(blank, count));
    this.#bodyBytes += count - blank;
    this.#pending = this.#pending.subarray(count);
    this.#searched = 0;
    if (this.#bodyBytes > this.#limits.partBytes) this.#fail('part-too-long');
    return false;
  }

  #fail(problem: MultipartProblem): false {
    this.#problem = problem;
    this.#pending = Buffer.alloc(0);
    this.#body = [];
    return false;
  }
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09;
