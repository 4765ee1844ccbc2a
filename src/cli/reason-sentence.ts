import { REASONS, type ReasonCode } from '../domain/index.js';

/** What happened, and what to do where there is something. */
export function reasonSentence(reason: ReasonCode): string {
  const { says, do: remedy } = REASONS[reason];
  return remedy === 'Nothing.' ? says : `${says} ${remedy}`;
}
