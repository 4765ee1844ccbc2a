import { TAG, type ImagePlane, type SeriesInstanceUid } from '../../domain/index.js';
import { imagePlaneOf } from '../../dicom/index.js';
import { MOST_LABELS } from '../object/pixel-format.js';
import type { AdmittedLesion, ObjectLayout } from '../object/planned-object.js';
import type { SegmentationType } from '../request.js';
import type { SourceImage } from '../source/source-image.js';
import { warning } from '../warnings.js';
import { fillUp, framesOf, freePlaces, isAmbiguous } from './frame-padding.js';
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
  type: SegmentationType,
): readonly ObjectLayout[] {
  const inReportOrder = [...lesions].sort((a, b) => a.ordinal - b.ordinal);
  const layouts: ObjectLayout[] = [];
  for (const group of groupsBy(inReportOrder, gridIdentity)) {
    const { source } = group[0]!.slices[0]!;
    const known = knownPlanes(source, seriesPlanes.get(source.seriesInstanceUID) ?? framePlanes(source));
    for (const layer of separateOverlaps(group))
      layouts.push(...volumesOf(layer, known).flatMap((layout) => sized(layout, type)));
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
  const planes = planesOf(layer);
  const spacingBetweenSlicesMm = stepOf(planes, known);
  if (planes.length === 1 || (spacingBetweenSlicesMm !== undefined && formVolume(planes, spacingBetweenSlicesMm)))
    return [{ lesions: layer, spacingBetweenSlicesMm, warnings: [] }];
  return bySlice(layer).map((lesions) => ({
    lesions,
    spacingBetweenSlicesMm,
    warnings: [warning('geometry.one-object-a-slice')],
  }));
}

/** The planes of the slices, in the order in which lesions name them. */
function planesOf(lesions: readonly AdmittedLesion[]): readonly ImagePlane[] {
  const planes = new Map<string, ImagePlane>();
  for (const { slices } of lesions) for (const { source } of slices) planes.set(source.identity, source.slice.plane);
  return [...planes.values()];
}

/** The lesions of each slice, cut to what lies on it; slices in the order in which lesions name them. */
function bySlice(lesions: readonly AdmittedLesion[]): readonly (readonly AdmittedLesion[])[] {
  const slices = new Map<string, AdmittedLesion[]>();
  for (const lesion of lesions)
    for (const slice of lesion.slices) {
      const key = slice.source.identity;
      const onSlice = slices.get(key) ?? [];
      onSlice.push({ ...lesion, slices: [slice] });
      slices.set(key, onSlice);
    }
  return [...slices.values()];
}

/** A layout as objects of a size that readers take for what it is. */
function sized(layout: ObjectLayout, type: SegmentationType): readonly ObjectLayout[] {
  const { lesions } = layout;
  if (type === 'labelmap') return inParts(lesions, MOST_LABELS).map((part) => ({ ...layout, lesions: part }));
  if (type === 'fractional') return [layout];
  const [{ source }] = lesions[0]!.slices as [AdmittedLesion['slices'][number]];
  const { rows, columns } = source.slice.plane;
  const frames = framesOf(lesions);
  const positions = planesOf(lesions).length;
  const filled = frames + fillUp(frames, freePlaces(lesions, positions), rows * columns);
  if (!isAmbiguous(filled, rows * columns)) return [layout];
  // the length of the pixel data would mislead a reader: an object a lesion, or a slice of it
  const apart = lesions.length > 1 ? lesions.map((lesion) => [lesion]) : bySlice(lesions);
  return apart.flatMap((each) => sized({ ...layout, lesions: each }, type));
}

const inParts = <T>(all: readonly T[], most: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, part) => all.slice(part * most, (part + 1) * most));

function gridIdentity({ slices }: AdmittedLesion): string {
  let identity: string | undefined;
  let before: SourceImage | undefined;
  for (const { source } of slices) {
    if (before && isAlike(source, before)) continue;
    before = source;
    const { studyInstanceUID, seriesInstanceUID, frameOfReferenceUID } = source;
    const own = [studyInstanceUID, seriesInstanceUID, frameOfReferenceUID, planeIdentity(source.slice.plane)].join(' ');
    if (identity !== undefined && identity !== own) throw new Error('a lesion on slices of several grids');
    identity = own;
  }
  return identity!;
}

/** Whether a slice lies as the one before it does: most do, to the last digit. */
function isAlike(a: SourceImage, b: SourceImage): boolean {
  const [p, q] = [a.slice.plane, b.slice.plane];
  return (
    a.like === b.like &&
    p.rows === q.rows &&
    p.columns === q.columns &&
    p.spacing.betweenRows === q.spacing.betweenRows &&
    p.spacing.betweenColumns === q.spacing.betweenColumns &&
    p.rowDirection.every((cosine, i) => cosine === q.rowDirection[i]) &&
    p.columnDirection.every((cosine, i) => cosine === q.columnDirection[i])
  );
}

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
