import {
  fail,
  ok,
  TAG,
  type ImagePlane,
  type MeasurementKey,
  type Result,
  type SegmentationObject,
  type SegmentedLesion,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type SourceSlice,
} from '../domain/index.js';
import { encodePart10 } from '../dicom/index.js';
import { layOutObjects } from './layout/lay-out-objects.js';
import { sizeWarnings } from './layout/frame-padding.js';
import { assemble } from './object/assemble.js';
import { isWritable } from './object/contributing-equipment.js';
import { thicknessOriginOf } from './object/functional-groups.js';
import { hasPixel } from './object/pack-bits.js';
import { planObject } from './object/plan-object.js';
import type { AdmittedLesion, ObjectLayout, PlannedObject } from './object/planned-object.js';
import { referencableReport } from './object/references.js';
import type { Refusal, SegmentationRequest, WrittenSegmentations } from './request.js';
import { checkWritten } from './self-check/check-segmentation.js';
import { admitSource, type SourceImage } from './source/source-image.js';
import { warning } from './warnings.js';

/**
 * The lesions of one report as BINARY Segmentation objects (PS3.3 A.51), as few as readers understand. Every lesion is in exactly one object or
 * among the refused. Every object has passed the check that it would have to pass when it is read back. The same lesions give the same bytes in
 * whatever order they come; of `createdAt` only dates and times depend.
 *
 * Throws where the request contradicts itself: a lesion of another report, two lesions of one measurement, a mask of another size than its slice.
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
  const sources = new Map<SourceSlice, Result<SourceImage, Refusal>>();
  for (const [ordinal, lesion] of inReportOrder(request)) {
    const source = admitLesion(lesion, sources);
    if (source.ok) admitted.push({ lesion, ordinal, source: source.value });
    else refused.push(...refuse([lesion], source.error));
  }
  const objects: SegmentationObject[] = [];
  for (const layout of layOutObjects(
    admitted,
    request.seriesPlanes ?? new Map<SeriesInstanceUid, readonly ImagePlane[]>(),
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

function admitLesion(
  { located, mask }: SegmentedLesion,
  sources: Map<SourceSlice, Result<SourceImage, Refusal>>,
): Result<SourceImage, Refusal> {
  const { slice } = located;
  const { rows, columns } = slice.plane;
  if (mask.rows !== rows || mask.columns !== columns || mask.bits.length !== rows * columns)
    throw new Error('a mask of another size than its slice');
  if (!hasPixel(mask.bits)) return fail({ reason: 'mask-empty' });
  const source = sources.get(slice) ?? admitSource(slice);
  sources.set(slice, source);
  return source;
}

function writeObject(
  layout: ObjectLayout,
  request: SegmentationRequest,
  report: SopInstanceUid,
): Result<SegmentationObject, Refusal> {
  const object = planObject(layout, request, report);
  const assembled = assemble(object);
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

function warningsOf(object: PlannedObject): readonly string[] {
  const { request, sources, segments, frames } = object;
  const { rows, columns } = sources[0]!.slice.plane;
  const thickness = thicknessOriginOf(object);
  const lossy = sources.find(({ slice }) => slice.lossy);
  const { reportEquipment } = request;
  return [
    ...sources.flatMap((source) => source.warnings),
    ...segments.flatMap(({ meaning, tracking }) => [...meaning.warnings, ...tracking.warnings]),
    ...sizeWarnings(frames.length, rows, columns),
    ...(thickness === 'source'
      ? []
      : [warning(`geometry.thickness-${thickness === 'step' ? 'from-step' : 'unknown'}`)]),
    ...(lossy && lossy.slice.header.text(TAG.LossyImageCompressionRatio) === undefined
      ? [warning('header.lossy-ratio-missing')]
      : []),
    ...(referencableReport(request.report) ? [] : [warning('report.not-referenced')]),
    ...(reportEquipment && !isWritable(reportEquipment) ? [warning('report.equipment-not-ascii')] : []),
  ];
}

const refuse = (
  lesions: readonly SegmentedLesion[],
  refusal: Refusal,
): readonly WrittenSegmentations['refused'][number][] =>
  lesions.map(({ located }) => ({ ...refusal, measurementKey: located.measurement.key }));
