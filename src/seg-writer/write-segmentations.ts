import {
  fail,
  ok,
  TAG,
  type ImagePlane,
  type Mask,
  type MeasurementKey,
  type Result,
  type SegmentationObject,
  type SegmentedLesion,
  type SeriesInstanceUid,
  type SopInstanceUid,
} from '../domain/index.js';
import { encodePart10 } from '../dicom/index.js';
import { layOutObjects } from './layout/lay-out-objects.js';
import { sizeWarnings } from './layout/frame-padding.js';
import { isWritable } from './object/contributing-equipment.js';
import { thicknessOriginOf } from './object/functional-groups.js';
import { assemble } from './object/module-table.js';
import { SEGMENTATION_MODULES } from './object/modules.js';
import { packedMasks, withoutZeros } from './object/packed-pixels.js';
import { setPixelsOf } from './object/set-pixels.js';
import { storedProbabilities } from './object/pixel-format.js';
import { planObject } from './object/plan-object.js';
import type { AdmittedLesion, AdmittedSlice, ObjectLayout, PlannedObject } from './object/planned-object.js';
import { referencableReport } from './object/references.js';
import { namesRule } from './object/segment-sequence.js';
import type { LesionSlice, Refusal, SegmentationRequest, SegmentationType, WrittenSegmentations } from './request.js';
import { checkWritten } from './self-check/check-segmentation.js';
import { textFormOf, type TextForm } from './source/character-set.js';
import { SourceImages } from './source/source-image.js';
import { warning } from './warnings.js';

/**
 * The lesions of one report as Segmentation objects (PS3.3 A.51), as few as readers understand. Every lesion is in an object (in several where its
 * slices cannot share one) or among the refused. Every object has passed the check that it would have to pass when it is read back. The same
 * lesions give the same bytes in whatever order they come; of `createdAt` only dates and times depend.
 *
 * Throws where the request contradicts itself: a lesion of another report, two lesions of one measurement, a mask of another size than its slice,
 * a lesion on slices of several grids, FRACTIONAL without a probability.
 */
export function writeSegmentations(request: SegmentationRequest): WrittenSegmentations {
  const report = request.report.sopInstanceUID;
  if (report === undefined)
    return {
      objects: [],
      refused: refuse(request.lesions, { reason: 'source-header-invalid', detail: 'SOPInstanceUID of the report' }),
    };
  const refused: WrittenSegmentations['refused'][number][] = [];
  const admitted: AdmittedLesion[] = [];
  const sources = new SourceImages();
  const type = request.segmentationType ?? 'binary';
  for (const [ordinal, lesion] of inReportOrder(request)) {
    const slices = admitLesion(slicesOf(lesion, request), type, sources);
    if (slices.ok) admitted.push({ lesion, ordinal, slices: slices.value });
    else refused.push(...refuse([lesion], slices.error));
  }
  const objects: SegmentationObject[] = [];
  for (const layout of layOutObjects(
    admitted,
    request.seriesPlanes ?? new Map<SeriesInstanceUid, readonly ImagePlane[]>(),
    type,
  )) {
    const written = writeObject(layout, request, report);
    if (written.ok) objects.push(written.value);
    else
      refused.push(
        ...refuse(
          layout.lesions.map(({ lesion }) => lesion),
          written.error,
        ),
      );
  }
  return { objects, refused };
}

function inReportOrder({ report, lesions }: SegmentationRequest): readonly (readonly [number, SegmentedLesion])[] {
  const ordinals = new Map(report.measurements.map(({ key }, index) => [key, index + 1]));
  const seen = new Set<MeasurementKey>();
  return lesions
    .map((lesion): readonly [number, SegmentedLesion] => {
      const { key } = lesion.located.measurement;
      const ordinal = ordinals.get(key);
      if (ordinal === undefined) throw new Error('a lesion of another report');
      if (seen.has(key)) throw new Error('two lesions of one measurement');
      seen.add(key);
      return [ordinal, lesion];
    })
    .sort(([a], [b]) => a - b);
}

const slicesOf = ({ located, mask }: SegmentedLesion, { slicesOf }: SegmentationRequest): readonly LesionSlice[] =>
  slicesOf?.get(located.measurement.key) ?? [{ slice: located.slice, mask }];

/** The slices of a lesion that have any of its pixels; refused where none has, or where one is not fit to be referred to. */
function admitLesion(
  slices: readonly LesionSlice[],
  type: SegmentationType,
  sources: SourceImages,
): Result<readonly AdmittedSlice[], Refusal> {
  const found: Omit<AdmittedSlice, 'packed'>[] = [];
  for (const { slice, mask, probability } of slices) {
    const { rows, columns } = slice.plane;
    if (mask.rows !== rows || mask.columns !== columns || mask.bits.length !== rows * columns)
      throw new Error('a mask of another size than its slice');
    const values = type === 'fractional' ? stored(mask, probability) : mask.bits;
    const set = setPixelsOf(mask.bits);
    if (!set || (type === 'fractional' && !values.some((value) => value > 0))) continue;
    const source = sources.admit(slice);
    if (!source.ok) return source;
    found.push({ source: source.value, mask, set, values });
  }
  if (found.length === 0) return fail({ reason: 'mask-empty' });
  const packed = type === 'fractional' ? found.map(({ values }) => withoutZeros(values)) : packedMasks(found);
  return ok(found.map(({ source, mask, set, values }, i) => ({ source, mask, set, values, packed: packed[i]! })));
}

function stored(mask: Mask, probability: Float32Array | undefined): Uint8Array {
  if (probability?.length !== mask.bits.length) throw new Error('FRACTIONAL needs a probability for every pixel');
  return storedProbabilities(probability);
}

function writeObject(
  layout: ObjectLayout,
  request: SegmentationRequest,
  report: SopInstanceUid,
): Result<SegmentationObject, Refusal> {
  const object = planObject(layout, request, report);
  const assembled = assemble(SEGMENTATION_MODULES, object, object.header);
  if (!assembled.ok) return assembled;
  const bytes = encodePart10(assembled.value.elements);
  const problem = checkWritten(bytes, object).find(({ severity }) => severity === 'error');
  if (problem) return fail({ reason: 'segmentation-self-check', detail: problem.code });
  return ok({
    sopInstanceUID: object.uids.sopInstanceUID,
    seriesInstanceUID: object.uids.seriesInstanceUID,
    studyInstanceUID: object.sources[0]!.studyInstanceUID,
    bytes,
    segments: object.segments.map(({ lesion, number, tracking, receipt }) => ({
      measurementKey: lesion.located.measurement.key,
      segmentNumber: number,
      trackingUID: tracking.uid,
      maskSha256: receipt.maskSha256,
    })),
    warnings: [...new Set([...layout.warnings, ...assembled.value.warnings, ...warningsOf(object)])].sort(),
  });
}

const TEXT_FORM_WARNINGS: Readonly<Record<TextForm, readonly string[]>> = {
  'as-stored': [],
  converted: [warning('header.character-sets-converted')],
  'not-convertible': [warning('header.character-sets-unreadable'), warning('reader.cornerstone-character-sets')],
};

function warningsOf(object: PlannedObject): readonly string[] {
  const { request, type, sources, segments, frames } = object;
  const { rows, columns } = sources[0]!.slice.plane;
  const thickness = thicknessOriginOf(object);
  const lossy = sources.find(({ slice }) => slice.lossy);
  const { reportEquipment } = request;
  return [
    ...[...new Set(sources.map(({ warnings }) => warnings))].flat(),
    ...segments.flatMap(({ meaning, tracking }) => [...meaning.warnings, ...tracking.warnings]),
    ...(type === 'binary' ? sizeWarnings(frames.length, rows, columns) : []),
    ...TEXT_FORM_WARNINGS[textFormOf(object.header)],
    ...(thickness === 'source'
      ? []
      : [warning(`geometry.thickness-${thickness === 'step' ? 'from-step' : 'unknown'}`)]),
    ...(lossy && lossy.slice.header.text(TAG.LossyImageCompressionRatio) === undefined
      ? [warning('header.lossy-ratio-missing')]
      : []),
    ...(referencableReport(request.report) ? [] : [warning('report.not-referenced')]),
    ...(namesRule(request) ? [] : [warning('policy.name-too-long')]),
    ...(reportEquipment && !isWritable(reportEquipment) ? [warning('report.equipment-not-ascii')] : []),
  ];
}

const refuse = (
  lesions: readonly SegmentedLesion[],
  refusal: Refusal,
): readonly WrittenSegmentations['refused'][number][] =>
  lesions.map(({ located }) => ({ ...refusal, measurementKey: located.measurement.key }));
