import { fail, ok, type Result } from '../domain/index.js';
import { reportName, type Choice, type ReportStory } from '../ledger/index.js';
import { audited, visitorOf, type Asked, type Desk } from './route.js';

/** A choice as it comes in: bound to the run and to the pixels that were shown. */
export interface GivenChoice {
  readonly run: number;
  readonly candidate: string;
  /** Undefined: none of them. */
  readonly maskSha256: string | undefined;
}

export interface ChoiceProblem {
  readonly kind: 'stale' | 'not-held' | 'under-way' | 'taken';
  readonly says: string;
}

/**
 * Takes a person's choice for a held measurement. What was shown must be what would be stored now; the first of two people decides, and the second is
 * told whose word counts.
 */
export async function takeChoice(
  story: ReportStory,
  index: number,
  given: GivenChoice,
  asked: Asked<unknown, unknown>,
  desk: Desk,
): Promise<Result<Choice, ChoiceProblem>> {
  const run = story.runs[0];
  const measurement = run?.measurements[index];
  const refuse = (kind: ChoiceProblem['kind'], says: string) => {
    audited(
      asked,
      desk,
      {
        kind: 'contour-decided',
        report: reportName(story.report.number),
        studyInstanceUID: story.report.studyInstanceUID,
        decision: `measurement ${index + 1}: ${given.candidate}: refused: ${kind}`,
      },
      'refused',
    );
    return fail({ kind, says });
  };
  if (!run || !measurement || run.id !== given.run)
    return refuse(
      'stale',
      'The report was worked again since its page was loaded. Nothing was decided: look at it again.',
    );
  if (given.maskSha256 !== undefined) {
    const picture = (await desk.pictures.of(story)).get(measurement.key);
    const shown = picture === undefined || typeof picture === 'string' ? [] : picture.candidates;
    const standing = await desk.world.ledger.choices(run.id);
    const isTaken = standing.some((c) => c.measurementKey === measurement.key);
    if (!isTaken && !shown.some((c) => c.name === given.candidate && c.maskSha256 === given.maskSha256))
      return refuse('stale', 'The contour is no longer the one that was shown. Nothing was decided: look at it again.');
  }
  const { name } = visitorOf(asked);
  const chosen = await desk.world.ledger.choose({
    run: run.id,
    measurementKey: measurement.key,
    candidate: given.candidate,
    maskSha256: given.maskSha256,
    by: name,
  });
  if (!chosen.ok) {
    const { kind, first } = chosen.error;
    if (first)
      return refuse(
        'taken',
        `${first.by} was first, at ${first.at.toISOString().slice(0, 16).replace('T', ' ')} UTC, and chose ${first.maskSha256 === undefined ? 'none' : first.candidate}. Your choice was not taken.`,
      );
    return kind === 'under-way'
      ? refuse('under-way', 'The report is being worked on. Nothing was decided: try again in a moment.')
      : refuse('not-held', 'The measurement is not held any more. Nothing was decided.');
  }
  audited(asked, desk, {
    kind: 'contour-decided',
    report: reportName(story.report.number),
    studyInstanceUID: story.report.studyInstanceUID,
    decision: `measurement ${index + 1}: ${given.candidate}${given.maskSha256 === undefined ? '' : ` ${given.maskSha256}`}`,
  });
  return ok(chosen.value);
}
