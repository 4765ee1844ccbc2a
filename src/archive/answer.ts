import type { Readable } from 'node:stream';

/** What a service answers; `send-answer.ts` puts it on the wire. */
export type Answer =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly mediaType: string;
      readonly body: unknown;
      /** Texts of Warning headers (RFC 7234 5.5, code 299). */
      readonly warnings?: readonly string[];
    }
  | {
      readonly kind: 'json-stream';
      readonly mediaType: string;
      /** The elements of one JSON array, each as JSON text. */
      readonly elements: AsyncIterable<string>;
    }
  | { readonly kind: 'multipart'; readonly partType: string; readonly parts: readonly Part[] }
  | { readonly kind: 'single'; readonly part: Part }
  | Refusal;

export interface Refusal {
  readonly kind: 'refusal';
  readonly status: 400 | 401 | 404 | 405 | 406 | 410 | 413 | 415 | 503;
  /** One sentence. It repeats nothing that the caller or a file wrote, but names of parameters and media types. */
  readonly message: string;
}

export interface Part {
  /** With its transfer syntax. */
  readonly contentType: string;
  readonly contentLocation: string;
  readonly length: number;
  open(): Iterable<Uint8Array> | Readable;
}

export const refusal = (status: Refusal['status'], message: string): Refusal => ({ kind: 'refusal', status, message });
