import type { KernelPool } from '../compute/index.js';
import { stackOf } from '../dicom/index.js';
import {
  dot,
  fail,
  finding,
  normalOf,
  ok,
  type Finding,
  type ImagePlane,
  type ImageReference,
  type Mask,
  type ReasonCode,
  type Result,
  type SegmentedLesion,
  type SliceWithoutPixels,
  type SourceSlice,
} from '../domain/index.js';
import { startPropagation, type CarryAnswer, type LesionVolume } from '../segmentation/index.js';
import type { LesionSlice } from '../seg-writer/index.js';
import type { PlacedImage } from './fetch.js';
import { sliceKey } from './slice-key.js';

/** Where the other slices of a marked slice's series come from: an archive, or a folder. */
export interface FurtherSlices {
  /** All images of the series, or frames of the image, with their places. */
  imagesOf(marked: SourceSlice): Promise<Result<readonly PlacedImage[], ReasonCode>>;
  sliceOf(image: ImageReference, marked: SourceSlice): Promise<Result<SourceSlice, ReasonCode>>;
}

/** A lesion on all the slices that it was found on, the marked one among them. */
export interface VolumeOfLesion {
  readonly slices: readonly LesionSlice[];
  /** Undefined where the distance of slices is not known. */
  readonly volumeMm3: number | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Carries a lesion from its marked slice to the others of the series, which are asked for one by one, outwards, and no farther than the lesion reaches.
 * A slice that cannot be had ends its direction; an archive that does not answer fails the whole. Slices that form no regular stack could not be
 * written as a volume: then the marked slice is all, and a finding says so.
 *
 * It is GrabCut that carries a lesion on, also where a network drew it on the marked slice: asked slice by slice with the axes of the mask before, the
 * network follows its own outline and does not end (Dice over all slices of four real lesions: 0.70, 0.58, 0.86 and 0.66 against 0.81, 0.84, 0.89 and
 * 0.75).
 */
export async function volumeOfLesion(
  { located, mask }: SegmentedLesion,
  further: FurtherSlices,
  kernels: KernelPool,
): Promise<Result<VolumeOfLesion, ReasonCode>> {
  const { slice: marked, marks } = located;
  const alone = (...findings: Finding[]): Result<VolumeOfLesion, never> =>
    ok({ slices: [{ slice: marked, mask }], volumeMm3: undefined, findings });
  const images = await further.imagesOf(marked);
  if (!images.ok) return canBeTriedAgain(images.error) ? images : alone();
  const stack = [{ image: marked.reference, plane: marked.plane }, ...othersOnGrid(images.value, marked)];
  const { kind } = stackOf(stack.map((each) => each.plane));
  if (kind === 'single') return alone();
  if (kind !== 'regular' && kind !== 'gaps') return alone(finding('series.irregular'));

  const started = startPropagation({
    hu: marked.hu,
    rows: marked.plane.rows,
    columns: marked.plane.columns,
    spacing: marked.plane.spacing,
    marks,
    mask,
    slices: stack.map(({ image, plane }) => ({ name: sliceKey(image), positionMm: placeMm(plane, marked.plane) })),
    key: 0,
  });
  if (!started.ok) return started;
  const seen: SliceWithoutPixels[] = [marked];
  let state = started.value.next();
  while (state.done !== true) {
    const { index, step } = state.value;
    const slice = await further.sliceOf(stack[index]!.image, marked);
    if (!slice.ok && canBeTriedAgain(slice.error)) return slice;
    let answer: CarryAnswer = { kind: 'ended', reason: 'slice-unusable' };
    if (slice.ok) {
      const { hu, ...withoutPixels } = slice.value;
      const carried = await kernels.carry({ step, hu, drawn: undefined });
      if (!carried.ok) return fail(carried.error);
      answer = carried.value;
      seen[index] = withoutPixels;
    }
    state = started.value.next(answer);
  }
  return ok({ ...onSlices(state.value, seen), volumeMm3: state.value.volumeMm3, findings: state.value.findings });
}

function onSlices({ masks }: LesionVolume, seen: readonly SliceWithoutPixels[]): Pick<VolumeOfLesion, 'slices'> {
  const slices = masks.flatMap((mask: Mask | undefined, index): LesionSlice[] =>
    mask === undefined ? [] : [{ slice: seen[index]!, mask }],
  );
  return { slices };
}

/** Of the images of a series, those that lie on the grid of the marked slice, without it. */
function othersOnGrid(
  images: readonly PlacedImage[],
  { plane: marked, reference }: SourceSlice,
): readonly PlacedImage[] {
  return images.flatMap(({ image, plane: answered }) => {
    // a series has one frame of reference, even where an archive does not answer it
    const plane = { ...answered, frameOfReferenceUID: answered.frameOfReferenceUID ?? marked.frameOfReferenceUID };
    const isMarked = sliceKey(image) === sliceKey(reference);
    return isMarked || !isSameGrid(plane, marked) ? [] : [{ image, plane }];
  });
}

/** Equal as far as texts of numbers can tell. */
const SAME_SPACING_MM = 1e-6;

const isSameGrid = (a: ImagePlane, b: ImagePlane): boolean =>
  a.rows === b.rows &&
  a.columns === b.columns &&
  Math.abs(a.spacing.betweenRows - b.spacing.betweenRows) < SAME_SPACING_MM &&
  Math.abs(a.spacing.betweenColumns - b.spacing.betweenColumns) < SAME_SPACING_MM &&
  // planes of one orientation and frame of reference
  stackOf([{ ...a, position: b.position }, b]).kind !== 'mixed';

function placeMm({ position: p }: ImagePlane, marked: ImagePlane): number {
  const { position: o } = marked;
  return dot([p.x - o.x, p.y - o.y, p.z - o.z], normalOf(marked));
}

/** An archive's trouble passes; what it said of an image stays true. */
const canBeTriedAgain = (reason: ReasonCode): boolean => reason.startsWith('archive-') || reason === 'worker-crashed';
