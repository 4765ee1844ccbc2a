import type { Response } from 'express';
import { REASONS, type ReasonCode } from '../../domain/index.js';

/** An answer that is no success (RFC 9457). `type` is a code of docs/errors.md where the cause is one. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly code?: string;
}

export function sendProblem(response: Response, { status, title, detail, code }: Problem): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: code === undefined ? 'about:blank' : `urn:caliper:${code}`,
        title,
        status,
        ...(detail === undefined ? {} : { detail }),
      }),
    );
}

export const reasonProblem = (status: number, code: ReasonCode): Problem => ({
  status,
  code,
  title: REASONS[code].says,
  detail: REASONS[code].do,
});
