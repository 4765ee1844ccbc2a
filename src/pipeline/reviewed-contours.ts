import type { Archive, ArchiveProblem } from '../dicomweb/index.js';
import {
  fail,
  ok,
  type ImageReference,
  type Mask,
  type MeasurementKey,
  type Result,
  type SopInstanceUid,
} from '../domain/index.js';
import type { Choice, Ledger, RunRow } from '../ledger/index.js';
import { maskDigest } from './candidates.js';
import { maskIn } from './lesion-view.js';

/** What a person decided about a measurement. Who it was stays in the ledger. */
export type ReviewedContour =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'chosen';
      /** Which of the contours that were shown. */
      readonly contour: string;
      /** Its pixels on the marked image, as they are stored. */
      readonly mask: (image: ImageReference) => Promise<Result<Mask, ArchiveProblem>>;
    };

/** Where reviews and what was stored because of them are. */
export interface ReviewedWorld {
  readonly ledger: Pick<Ledger, 'findUid' | 'reportByNumber' | 'choices' | 'objectBytes'>;
  /** Undefined for an archive that is not asked. */
  readonly archiveNamed: (name: string) => Archive | undefined;
}

/** The decisions that stand for a report's measurements, of the latest run that has one; empty for a report that the ledger does not know. */
export async function reviewedContours(
  report: SopInstanceUid,
  world: ReviewedWorld,
): Promise<ReadonlyMap<MeasurementKey, ReviewedContour>> {
  const reviewed = new Map<MeasurementKey, ReviewedContour>();
  const number = await world.ledger.findUid(report);
  const story = number === undefined ? undefined : await world.ledger.reportByNumber(number);
  if (story?.report.sopInstanceUID !== report) return reviewed;
  for (const run of story.runs)
    for (const choice of await world.ledger.choices(run.id)) {
      const { measurementKey: key, maskSha256, candidate: contour } = choice;
      if (reviewed.has(key)) continue;
      const mask = (image: ImageReference) => chosenMask(choice, run, image, world);
      reviewed.set(key, maskSha256 === undefined ? { kind: 'none' } : { kind: 'chosen', contour, mask });
    }
  return reviewed;
}

/** The stored object is the truth, and it must hold what was chosen, pixel by pixel (`read-back-differs`). */
async function chosenMask(
  { measurementKey, maskSha256 }: Choice,
  run: RunRow,
  image: ImageReference,
  { ledger, archiveNamed }: ReviewedWorld,
): Promise<Result<Mask, ArchiveProblem>> {
  const row = run.measurements.find(({ key }) => key === measurementKey);
  const object = run.objects.find(({ number }) => number === row?.object);
  if (!row || !object) return fail({ code: 'review-not-stored' });
  let problem: ArchiveProblem = { code: 'review-not-stored' };
  let bytes = await ledger.objectBytes(object.number);
  for (const { destination } of object.deliveries) {
    if (bytes) break;
    const retrieved = await archiveNamed(destination)?.retrieve({
      study: object.studyInstanceUID,
      series: object.seriesInstanceUID,
      instance: object.sopInstanceUID,
    });
    if (retrieved?.ok) bytes = retrieved.value;
    else if (retrieved && retrieved.error.code !== 'image-gone') problem = retrieved.error;
  }
  if (!bytes) return fail(problem);
  const mask = maskIn(bytes, row, image);
  return mask.ok && maskDigest(mask.value) === maskSha256 ? ok(mask.value) : fail({ code: 'read-back-differs' });
}
