import { TAG, type ImagePlane, type SeriesInstanceUid } from '../../domain/index.js';
import { imagePlaneOf } from '../../dicom/index.js';
import type { AdmittedLesion, ObjectLayout } from '../object/planned-object.js';
import { sliceIdentity, type SourceImage } from '../source/source-image.js';
import { warning } from '../warnings.js';
import { fillUp, isAmbiguous } from './frame-padding.js';
import { separateOverlaps } from './overlaps.js';
import { formVolume, stepOf } from './stack.js';

/**
 * Which lesions share an object. One object holds lesions of one series on slices of equal frame of reference, orientation and grid, no two of
 * which share a pixel; slices that form no regular volume get an object each, since volume readers misplace them without a word.
 * The result depends on the report's order alone, not on the order in which lesions are given.
 */
export function layOutObjects(
  lesions: readonly AdmittedLesion[],
  seriesPlanes: ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]>,
): readonly ObjectLayout[] {
  const inReportOrder = [...lesions].sort((a, b) => a.ordinal - b.ordinal);
  const layouts: ObjectLayout[] = [];
  for (const group of groupsBy(inReportOrder, gridIdentity)) {
    const { source } = group[0]!;
    const known = knownPlanes(source, seriesPlanes.get(source.seriesInstanceUID) ?? framePlanes(source));
    for (const layer of separateOverlaps(group)) layouts.push(...volumesOf(layer, known));
  }
  return layouts;
}

/** A multi-frame image tells where all its frames lie. */
function framePlanes({ slice, frame }: SourceImage): readonly ImagePlane[] {
  if (frame === undefined) return [];
  const frames = slice.header.number(TAG.NumberOfFrames) ?? 0;
  const planes = Array.from({ length: frames }, (_, index) => imagePlaneOf(slice.header, index + 1));
  return planes.flatMap((plane) => (plane.ok ? [plane.value] : []));
}

/** The slices of a series that lie as this one does. A series has one frame of reference, even where an archive does not answer it. */
const knownPlanes = ({ slice }: SourceImage, planes: readonly ImagePlane[]): readonly ImagePlane[] =>
  planes
    .map((plane) => ({ ...plane, frameOfReferenceUID: plane.frameOfReferenceUID ?? slice.plane.frameOfReferenceUID }))
    .filter(
      (plane) =>
        plane.frameOfReferenceUID === slice.plane.frameOfReferenceUID &&
        planeIdentity(plane) === planeIdentity(slice.plane),
    );

/** A layer as one object if its slices form a volume, else as one object a slice. */
function volumesOf(layer: readonly AdmittedLesion[], known: readonly ImagePlane[]): readonly ObjectLayout[] {
  const slices = groupsBy(layer, ({ source }) => sliceIdentity(source));
  const planes = slices.map((lesions) => lesions[0]!.source.slice.plane);
  const spacingBetweenSlicesMm = stepOf(planes, known);
  if (slices.length === 1 || (spacingBetweenSlicesMm !== undefined && formVolume(planes, spacingBetweenSlicesMm)))
    return sized({ lesions: layer, spacingBetweenSlicesMm, warnings: [] });
  return slices.flatMap((lesions) =>
    sized({ lesions, spacingBetweenSlicesMm, warnings: [warning('geometry.one-object-a-slice')] }),
  );
}

/** One object, or one a lesion where the length of the pixel data would mislead a reader. */
function sized(layout: ObjectLayout): readonly ObjectLayout[] {
  const { lesions } = layout;
  const { rows, columns } = lesions[0]!.source.slice.plane;
  const positions = new Set(lesions.map(({ source }) => sliceIdentity(source))).size;
  const frames = lesions.length + fillUp(lesions.length, positions, rows * columns);
  return isAmbiguous(frames, rows * columns) ? lesions.map((lesion) => ({ ...layout, lesions: [lesion] })) : [layout];
}

const gridIdentity = ({ source }: AdmittedLesion): string =>
  [
    source.studyInstanceUID,
    source.seriesInstanceUID,
    source.frameOfReferenceUID,
    planeIdentity(source.slice.plane),
  ].join(' ');

/** Orientation to 0.00001 (0.005 mm at the far corner of a slice), grid and pixel spacing. */
function planeIdentity({ rows, columns, spacing, rowDirection, columnDirection }: ImagePlane): string {
  const cosines = [...rowDirection, ...columnDirection].map((cosine) => Math.round(cosine * 1e5) + 0);
  const distances = [spacing.betweenRows, spacing.betweenColumns].map((distance) => distance.toFixed(6));
  return [rows, columns, ...distances, ...cosines].join(' ');
}

/** Groups in the order of their first members. */
function groupsBy(
  lesions: readonly AdmittedLesion[],
  keyOf: (lesion: AdmittedLesion) => string,
): readonly (readonly AdmittedLesion[])[] {
  const groups = new Map<string, AdmittedLesion[]>();
  for (const lesion of lesions) {
    const key = keyOf(lesion);
    const group = groups.get(key);
    if (group) group.push(lesion);
    else groups.set(key, [lesion]);
  }
  return [...groups.values()];
}
