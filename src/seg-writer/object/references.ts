import {
  code,
  isUid,
  TAG,
  type ReadReport,
  type SopClassUid,
  type SopInstanceUid,
  type Tag,
} from '../../domain/index.js';
import type { Element, Elements } from '../../dicom/index.js';
import { codeSequence, elementsOf, sequence } from '../../dicom/index.js';
import type { SourceImage } from '../source/source-image.js';
import type { PlannedObject } from './planned-object.js';

const SOURCE_REPORT = code('128225', 'DCM', 'Source report');
const SEGMENTATION = code('113076', 'DCM', 'Segmentation');
const SOURCE_IMAGE = code('121322', 'DCM', 'Source image for image processing operation');

interface ReferencableReport {
  readonly sopClassUID: SopClassUid;
  readonly sopInstanceUID: SopInstanceUid;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
}

/** The report with all that a reference needs; undefined where a UID is missing or malformed, as some writers make them. */
export function referencableReport(report: ReadReport): ReferencableReport | undefined {
  const { sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID } = report;
  if (sopClassUID === undefined || sopInstanceUID === undefined) return undefined;
  if (seriesInstanceUID === undefined || studyInstanceUID === undefined) return undefined;
  const all = [sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID];
  return all.every(isUid) ? { sopClassUID, sopInstanceUID, seriesInstanceUID, studyInstanceUID } : undefined;
}

/** ReferencedInstanceSequence of General Reference (PS3.3 C.12.4): the report that asked for the segments. */
export function sourceReportReference({ request }: PlannedObject): Element | undefined {
  const report = referencableReport(request.report);
  return report && sequence(instanceItem(report, [TAG.PurposeOfReferenceCodeSequence, codeSequence(SOURCE_REPORT)]));
}

/**
 * ReferencedSeriesSequence of Common Instance Reference (C.12.2): each referenced slice once, the image series first, since viewers look at no
 * other; then the report's series if it is of the same study.
 */
export function referencedSeries(object: PlannedObject): Element {
  const { studyInstanceUID, seriesInstanceUID } = object.sources[0]!;
  const images = new Map(object.sources.map((source) => [source.sopInstanceUID, instanceItem(source)]));
  const report = referencableReport(object.request.report);
  return sequence(
    seriesItem(seriesInstanceUID, [...images.values()]),
    ...(report?.studyInstanceUID === studyInstanceUID
      ? [seriesItem(report.seriesInstanceUID, [instanceItem(report)])]
      : []),
  );
}

/** StudiesContainingOtherReferencedInstancesSequence: a report of another study than the images. */
export function otherStudies(object: PlannedObject): Element | undefined {
  const report = referencableReport(object.request.report);
  if (!report || report.studyInstanceUID === object.sources[0]!.studyInstanceUID) return undefined;
  return sequence(
    elementsOf([
      [TAG.StudyInstanceUID, report.studyInstanceUID],
      [TAG.ReferencedSeriesSequence, sequence(seriesItem(report.seriesInstanceUID, [instanceItem(report)]))],
    ]),
  );
}

/** DerivationImageSequence of a frame (C.7.6.16.2.6): exactly one source image, the frame named only where it has several. */
export function derivationImage(source: SourceImage): Element {
  const image = new Map<Tag, Element>();
  image.set(TAG.ReferencedSOPClassUID, { vr: 'UI', values: [source.sopClassUID] });
  image.set(TAG.ReferencedSOPInstanceUID, { vr: 'UI', values: [source.sopInstanceUID] });
  if (source.frame !== undefined) image.set(TAG.ReferencedFrameNumber, { vr: 'IS', values: [source.frame] });
  image.set(TAG.SpatialLocationsPreserved, PRESERVED);
  image.set(TAG.PurposeOfReferenceCodeSequence, codeSequence(SOURCE_IMAGE));
  const derivation = new Map<Tag, Element>();
  derivation.set(TAG.DerivationCodeSequence, codeSequence(SEGMENTATION));
  derivation.set(TAG.SourceImageSequence, sequence(image));
  return sequence(derivation);
}

const PRESERVED: Element = { vr: 'CS', values: ['YES'] };

const seriesItem = (seriesInstanceUID: string, instances: readonly Elements[]): Elements =>
  elementsOf([
    [TAG.SeriesInstanceUID, seriesInstanceUID],
    [TAG.ReferencedInstanceSequence, sequence(...instances)],
  ]);

const instanceItem = (
  { sopClassUID, sopInstanceUID }: { readonly sopClassUID: string; readonly sopInstanceUID: string },
  ...more: Parameters<typeof elementsOf>[0]
): Elements =>
  elementsOf([[TAG.ReferencedSOPClassUID, sopClassUID], [TAG.ReferencedSOPInstanceUID, sopInstanceUID], ...more]);
