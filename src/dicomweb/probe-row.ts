import type { ReasonCode } from '../domain/index.js';

/** One thing that `check` looked at in an archive. */
export interface ProbeRow {
  /** The transaction and what of it, in the standard's words. */
  readonly what: string;
  readonly ok: boolean;
  /** Why not. */
  readonly reason?: ReasonCode;
  readonly detail: string;
}
