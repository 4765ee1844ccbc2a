import {
  derivedUid,
  fail,
  ok,
  SOP_CLASS,
  TAG,
  WRITER_LAYOUT,
  type DataSet,
  type Result,
  type SegmentationObject,
  type SegmentedLesion,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type StudyInstanceUid,
} from '../../domain/index.js';
import { encodePart10, readPart10 } from '../../dicom/index.js';
import { contentItem, type ContentItem } from '../../dicom/index.js';
import { evidence, instanceOf, type LocatedInstance } from '../content-tree/evidence.js';
import { deviceObserver, language } from '../content-tree/observer.js';
import { codeSequence, elementsOf, sequence } from '../../dicom/index.js';
import { writableCode } from '../meaning/concepts.js';
import { EQUIPMENT_MODULE, IDENTITY_MODULES, seriesNumberOf, SOP_COMMON_MODULE } from '../object/identity-modules.js';
import { assemble, fixed, made, type ModuleRow } from '../object/module-table.js';
import { referencableReport } from '../object/references.js';
import { momentOf, type Written } from '../object/written.js';
import { warning } from '../warnings.js';
import { CONCEPT, OWN_SCHEME } from './concepts.js';
import { measurementGroups, regionTemplateOf } from './measurement-groups.js';
import type { Refusal } from '../request.js';
import { documentFault } from '../self-check/check-document.js';
import type { ResultReport, ResultReportRequest, WrittenResultReports } from './request.js';
import { writtenSegments, type WrittenSegment } from './written-segment.js';

const { code, composite, container, containerRows, image } = contentItem;

/** One report to be written: the segments of one study. */
interface PlannedReport extends Written {
  readonly request: ResultReportRequest;
  readonly segments: readonly { readonly segment: WrittenSegment; readonly lesion: SegmentedLesion }[];
}

/**
 * What was measured on the masks, as Comprehensive 3D SR (PS3.3 A.35.13, PS3.16 TID 1500): one report for each study that `objects` lie in, in a
 * series of its own, of which viewers show one instance. Unverified and preliminary: nobody has looked at it. Identity and character set are those of
 * the image, as in the segmentations; the same request gives the same bytes, but for dates and times. Every report has passed the check that it would
 * have to pass when it is read back.
 *
 * Throws where the request contradicts itself: an object that is not ours, a segment of no lesion.
 */
export function writeResultReports(request: ResultReportRequest): WrittenResultReports {
  const studies = new Map<StudyInstanceUid, SegmentationObject[]>();
  for (const object of request.objects) {
    const ofStudy = studies.get(object.studyInstanceUID);
    if (ofStudy) ofStudy.push(object);
    else studies.set(object.studyInstanceUID, [object]);
  }
  const reports: ResultReport[] = [];
  const refused: WrittenResultReports['refused'][number][] = [];
  for (const [studyInstanceUID, ofStudy] of studies) {
    const written = writeReport(studyInstanceUID, ofStudy, request);
    if (written.ok) reports.push(written.value);
    else refused.push({ ...written.error, studyInstanceUID });
  }
  return { reports, refused };
}

function writeReport(
  studyInstanceUID: StudyInstanceUid,
  objects: readonly SegmentationObject[],
  request: ResultReportRequest,
): Result<ResultReport, Refusal> {
  const lesions = new Map(request.lesions.map((lesion) => [lesion.located.measurement.key, lesion]));
  const dataSets = objects.map(({ bytes }) => dataSetOf(bytes));
  const segments = objects.flatMap((object, index) => {
    const written = writtenSegments(dataSets[index]!);
    return object.segments.map(({ segmentNumber, measurementKey }) => {
      const segment = written.get(segmentNumber);
      const lesion = lesions.get(measurementKey);
      if (!segment || !lesion) throw new Error('a segment without its lesion');
      return { segment, lesion };
    });
  });
  const planned: PlannedReport = {
    request,
    header: segments[0]!.lesion.located.slice.header,
    uids: uidsOf(objects, request),
    segments,
  };
  const assembled = assemble(REPORT_MODULES, planned, planned.header);
  // the same attributes of the same image were copied into the segmentations
  if (!assembled.ok) throw new Error('an image whose identity cannot be copied');
  const bytes = encodePart10(assembled.value.elements);
  const read = dataSetOf(bytes);
  if (instanceOf(read).studyInstanceUID !== studyInstanceUID)
    throw new Error('an object of another study than its lesion');
  const fault = documentFault(bytes, dataSets, planned.header);
  if (fault) return fail(fault);
  return ok({
    ...planned.uids,
    studyInstanceUID,
    bytes,
    warnings: [
      ...new Set([
        ...assembled.value.warnings,
        ...(referencableReport(request.report) ? [] : [warning('report.not-referenced')]),
      ]),
    ].sort(),
  });
}

function uidsOf(
  objects: readonly SegmentationObject[],
  { report, predecessors }: ResultReportRequest,
): { readonly sopInstanceUID: SopInstanceUid; readonly seriesInstanceUID: SeriesInstanceUid } {
  const fields = [
    'result-report',
    report.sopInstanceUID ?? '',
    ...objects.map(({ sopInstanceUID }) => `segmentation=${sopInstanceUID}`).sort(),
    ...(predecessors ?? []).map(({ sopInstanceUID }) => `predecessor=${sopInstanceUID}`).sort(),
    `layout=${WRITER_LAYOUT}`,
  ];
  return { sopInstanceUID: derivedUid('report-sop', fields), seriesInstanceUID: derivedUid('series', fields) };
}

/** The Comprehensive 3D SR IOD (PS3.3 A.35.13) as it is written here. */
const REPORT_MODULES: readonly ModuleRow<PlannedReport>[] = [
  ...IDENTITY_MODULES,
  {
    module: 'SR Document Series',
    section: 'C.17.1',
    attributes: [
      fixed(1, TAG.Modality, 'SR'),
      made(1, TAG.SeriesInstanceUID, ({ uids }) => uids.seriesInstanceUID),
      made(1, TAG.SeriesNumber, ({ request }) => seriesNumberOf(request.report.seriesNumber)),
      fixed(3, TAG.SeriesDescription, 'Measurements of lesion contours (Caliper)'),
      fixed(2, TAG.ReferencedPerformedProcedureStepSequence, undefined),
    ],
  },
  EQUIPMENT_MODULE,
  {
    module: 'SR Document General',
    section: 'C.17.2',
    attributes: [
      fixed(1, TAG.InstanceNumber, 1),
      fixed(1, TAG.CompletionFlag, 'COMPLETE'),
      fixed(1, TAG.VerificationFlag, 'UNVERIFIED'),
      fixed(3, TAG.PreliminaryFlag, 'PRELIMINARY'),
      made(1, TAG.ContentDate, (report) => momentOf(report).date),
      made(1, TAG.ContentTime, (report) => momentOf(report).time),
      fixed(2, TAG.PerformedProcedureCodeSequence, undefined),
      made('1C', TAG.CurrentRequestedProcedureEvidenceSequence, (report) => evidence(evidenceOf(report))),
      made('1C', TAG.PredecessorDocumentsSequence, ({ request: { predecessors } }) =>
        predecessors && predecessors.length > 0 ? evidence(predecessors) : undefined,
      ),
    ],
  },
  {
    module: 'SR Document Content',
    section: 'C.17.3',
    attributes: [
      fixed(1, TAG.ValueType, 'CONTAINER'),
      fixed('1C', TAG.ConceptNameCodeSequence, codeSequence(CONCEPT.report)),
      ...containerRows('1500').map(([tag, content]) => fixed('1C', tag, content)),
      made('1C', TAG.ContentSequence, (report) => sequence(...content(report))),
    ],
  },
  {
    module: 'SOP class, coding schemes',
    section: 'C.12.1',
    attributes: [
      fixed(1, TAG.SOPClassUID, SOP_CLASS.Comprehensive3DSR),
      fixed(
        3,
        TAG.CodingSchemeIdentificationSequence,
        sequence(
          elementsOf([
            [TAG.CodingSchemeDesignator, OWN_SCHEME.designator],
            [TAG.CodingSchemeName, OWN_SCHEME.name],
          ]),
        ),
      ),
    ],
  },
  SOP_COMMON_MODULE,
];

/** Everything that the tree names: images, segmentations, the report with the marks. */
function evidenceOf({ segments, request }: PlannedReport): readonly LocatedInstance[] {
  const report = referencableReport(request.report);
  return [
    ...segments.flatMap(({ segment }) => segment.frames.map((frame) => frame.image)),
    ...segments.map(({ segment }) => segment.object),
    ...(report ? [report] : []),
  ];
}

/** TID 1500. */
function content({ segments, request }: PlannedReport): readonly ContentItem[] {
  const report = referencableReport(request.report);
  const template = regionTemplateOf(segments.map(({ segment }) => segment));
  const procedure = request.procedureReported && writableCode(request.procedureReported);
  return [
    language(),
    ...deviceObserver(request.equipment),
    code('HAS CONCEPT MOD', CONCEPT.procedureReported, procedure ?? CONCEPT.anyCt),
    container('CONTAINS', CONCEPT.imageLibrary, '1600', [
      container('CONTAINS', CONCEPT.imageLibraryGroup, undefined, imageLibrary(segments.map(({ segment }) => segment))),
    ]),
    container(
      'CONTAINS',
      CONCEPT.imagingMeasurements,
      undefined,
      segments.flatMap(({ segment, lesion }) => measurementGroups(segment, lesion, template)),
    ),
    ...(report ? [composite(CONCEPT.sourceReport, report)] : []),
  ];
}

/** Each slice that a segment lies on, once. */
function imageLibrary(segments: readonly WrittenSegment[]): readonly ContentItem[] {
  const images = segments.flatMap(({ frames }) => frames.map((frame) => frame.image));
  const distinct = new Map(images.map((each) => [`${each.sopInstanceUID} ${each.frame ?? ''}`, each]));
  return [...distinct.values()].map((each) => image('CONTAINS', undefined, each));
}

function dataSetOf(bytes: Uint8Array): DataSet {
  const file = readPart10(bytes);
  if (!file.ok || file.value.problems.length > 0) throw new Error('an object of ours that cannot be read');
  return file.value.dataSet;
}
