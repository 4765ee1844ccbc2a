import type { AnswerBody } from './answer-body.js';
import type { ArchiveProblem } from './archive-problem.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  /** By its name in lower case. */
  readonly header: (name: string) => string | undefined;
  readonly body: AnswerBody;
}

/** What became of one request: any HTTP answer, or none that can be used. */
export type Exchange =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  | { readonly kind: 'failed'; readonly problem: ArchiveProblem; readonly sent: 'nothing' | 'unknown' };
