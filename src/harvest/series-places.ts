import type { Archive, ArchiveProblem } from '../dicomweb/index.js';
import { dot, normalOf, type ImagePlane, type Result, type SopInstanceUid, type Vector3 } from '../domain/index.js';
import { planesOfSeries } from '../pipeline/index.js';
import type { SeriesReference } from '../dicomweb/index.js';

/** One image of a series and where it lies along the series' normal. */
export interface NumberedSlice {
  readonly instance: SopInstanceUid;
  /** From 1, from the head to the feet (or along the normal where the series is not axial). */
  readonly number: number;
  readonly alongMm: number;
  readonly plane: ImagePlane;
}

export interface SeriesPlaces {
  readonly slices: readonly NumberedSlice[];
  /** Usual distance between neighbours; undefined for a series of one place. */
  readonly intervalMm: number | undefined;
}

/** Two images nearer than this lie at the same place. */
const SAME_PLACE_MM = 0.01;

/** Asks once where the images of a series stand. */
export async function seriesPlaces(
  archive: Archive,
  series: SeriesReference,
): Promise<Result<SeriesPlaces, ArchiveProblem>> {
  const placed = await planesOfSeries(archive, series.study, series.series);
  if (!placed.ok) return placed;
  return {
    ok: true,
    value: numbered(placed.value.map(({ image, plane }) => ({ instance: image.sopInstanceUID, plane }))),
  };
}

/**
 * Numbers as in DeepLesion: towards the feet. Images at one place (a series stored twice, two reconstructions in one) are told apart by their UIDs, so
 * that the order never depends on the archive's.
 */
export function numbered(
  images: readonly { readonly instance: SopInstanceUid; readonly plane: ImagePlane }[],
): SeriesPlaces {
  const first = images[0];
  if (!first) return { slices: [], intervalMm: undefined };
  const direction = towardsTheFeet(normalOf(images.reduce((a, b) => (a.instance < b.instance ? a : b)).plane));
  const sorted = images
    .map(({ instance, plane }) => {
      const { x, y, z } = plane.position;
      return { instance, plane, alongMm: dot(direction, [x, y, z]) };
    })
    .sort((a, b) =>
      Math.abs(a.alongMm - b.alongMm) > SAME_PLACE_MM ? a.alongMm - b.alongMm : a.instance < b.instance ? -1 : 1,
    );
  const steps = sorted
    .slice(1)
    .map((slice, i) => slice.alongMm - sorted[i]!.alongMm)
    .filter((step) => step > SAME_PLACE_MM)
    .sort((a, b) => a - b);
  return {
    slices: sorted.map((slice, i) => ({ ...slice, number: i + 1 })),
    intervalMm: steps[Math.floor(steps.length / 2)],
  };
}

/** Z grows towards the head (PS3.3 C.7.6.2.1.1). */
const towardsTheFeet = (normal: Vector3): Vector3 => {
  const [x, y, z] = normal;
  const isUp = Math.abs(z) > 1e-3 ? z > 0 : Math.abs(y) > 1e-3 ? y > 0 : x > 0;
  return isUp ? [-x, -y, -z] : normal;
};

/** The slices within `reachMm` of one, itself included, one at each place, in order. */
export function around({ slices }: SeriesPlaces, centre: NumberedSlice, reachMm: number): readonly NumberedSlice[] {
  const near: NumberedSlice[] = [];
  for (const slice of slices) {
    const distance = Math.abs(slice.alongMm - centre.alongMm);
    if (slice === centre) near.push(slice);
    else if (distance > SAME_PLACE_MM && distance <= reachMm + SAME_PLACE_MM) {
      const before = near.at(-1);
      if (!before || Math.abs(before.alongMm - slice.alongMm) > SAME_PLACE_MM) near.push(slice);
    }
  }
  return near;
}
