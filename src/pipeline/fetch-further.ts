import type { KernelPool } from '../compute/index.js';
import { imagePlaneOf } from '../dicom/index.js';
import type { Archive, ArchiveProblem } from '../dicomweb/index.js';
import {
  asReadUid,
  fail,
  ok,
  TAG,
  type ImageReference,
  type ReasonCode,
  type Result,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
} from '../domain/index.js';
import { fetchInstance, planesOfSeries, sourceSlice, type FetchedFile, type PlacedImage } from './fetch.js';
import type { FurtherSlices } from './volume.js';

/**
 * The slices around a report's marked ones, from where its images are: one search a series, and an instance at a time as it is asked for. What one
 * lesion asked for is kept for the others. `rejections` says which images a note rejects: they are not fetched.
 */
export function furtherSlicesIn(
  archives: readonly Archive[],
  kernels: KernelPool,
  rejections: (images: readonly SopInstanceUid[]) => Promise<{ has(image: SopInstanceUid): boolean }>,
): FurtherSlices {
  const series = new Map<SeriesInstanceUid, Result<readonly PlacedImage[], ReasonCode>>();
  const files = new Map<SopInstanceUid, Result<FetchedFile, ReasonCode>>();
  return {
    async imagesOf(marked) {
      if (marked.reference.frame !== undefined) return ok(framesOf(marked));
      const at = placeOf(marked);
      const known = series.get(at.series);
      if (known) return known;
      const found = await firstAnswer(archives, async (archive) => {
        const planes = await planesOfSeries(archive, at.study, at.series);
        return planes.ok && planes.value.length === 0 ? fail({ code: 'image-gone' }) : planes;
      });
      if (!found.ok) return found;
      const rejected = await rejections(found.value.map(({ image }) => image.sopInstanceUID));
      const standing = ok(found.value.filter(({ image }) => !rejected.has(image.sopInstanceUID)));
      series.set(at.series, standing);
      return standing;
    },
    async sliceOf(image, marked) {
      let file = files.get(image.sopInstanceUID);
      if (!file) {
        const at = { ...placeOf(marked), instance: image.sopInstanceUID };
        file = await firstAnswer(archives, (archive) => fetchInstance(archive, at));
        if (file.ok || !file.error.startsWith('archive-')) files.set(image.sopInstanceUID, file);
      }
      return file.ok ? sourceSlice(file.value, image, kernels) : file;
    },
  };
}

/** A multi-frame image tells where all its frames lie. */
export function framesOf({ header, reference }: SourceSlice): readonly PlacedImage[] {
  const frames = header.number(TAG.NumberOfFrames) ?? 0;
  return Array.from({ length: frames }, (_, index) => index + 1).flatMap((frame) => {
    const plane = imagePlaneOf(header, frame);
    const image: ImageReference = { ...reference, frame };
    return plane.ok ? [{ image, plane: plane.value }] : [];
  });
}

const placeOf = ({ header }: SourceSlice) => ({
  study: asReadUid<StudyInstanceUid>(header.text(TAG.StudyInstanceUID) ?? ''),
  series: asReadUid<SeriesInstanceUid>(header.text(TAG.SeriesInstanceUID) ?? ''),
});

/** From the first archive that has it; else the last one's word. */
async function firstAnswer<T>(
  archives: readonly Archive[],
  ask: (archive: Archive) => Promise<Result<T, ArchiveProblem>>,
): Promise<Result<T, ReasonCode>> {
  let reason: ReasonCode = 'image-gone';
  for (const archive of archives) {
    const answer = await ask(archive);
    if (answer.ok) return answer;
    reason = answer.error.code;
  }
  return fail(reason);
}
