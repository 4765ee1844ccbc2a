import {
  SOP_CLASS,
  TAG,
  asReadUid,
  countPixels,
  ok,
  type DataSet,
  type Measurement,
  type ReadReport,
  type ReasonCode,
  type Rule,
  type SegmentedLesion,
  type SeriesInstanceUid,
  type SopInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
} from '../domain/index.js';
import { maskPng } from '../dataset/index.js';
import type { Archive } from '../dicomweb/index.js';
import { marksOf } from '../segmentation/index.js';
import {
  fetchInstance,
  fetchSlices,
  segmentReport,
  sliceAmong,
  sliceKey,
  reviewedContours,
  type MeasurementResult,
  type ReviewedContour,
  type ReviewedWorld,
} from '../pipeline/index.js';
import {
  isOwnObject,
  lesionNameOf,
  lesionUidOf,
  readReport,
  rejectedInstances,
  timeKeyOf,
} from '../sr-parser/index.js';
import { AtOnce, together } from './at-once.js';
import type {
  ExpertEntry,
  Found,
  ImageEntry,
  MeasurementEntry,
  NoteEntry,
  PointPair,
  ReportEntry,
  RowEntry,
} from './entries.js';
import {
  ageYearsOf,
  coarseTypeOf,
  findingNameOf,
  heldBack,
  scannerTextOf,
  sexOf,
  vendorOf,
  windowOf,
} from './header-facts.js';
import type { Patience } from './patience.js';
import type { Pseudonyms } from './pseudonyms.js';
import { labelsOnSlice } from './seed-label-picture.js';
import { shapeBetweenMarks } from './shape-between-marks.js';
import { maskPath, seedPath, type FilesOfReport } from './set-files.js';
import type { HarvestSource, HarvestWorld } from './settings.js';
import type { SliceTaker } from './slice-taker.js';

export interface ReportContext {
  readonly source: HarvestSource;
  /** The source's archive for what a search showed on slow media. */
  readonly slow: Archive;
  readonly patience: Patience;
  readonly names: Pseudonyms;
  readonly files: FilesOfReport;
  readonly slices: SliceTaker;
  readonly world: HarvestWorld;
  /** Undefined where labels are weak. */
  readonly reviews: ReviewedWorld | undefined;
}

/** Every measurement, by the seed kernel; how good a label is stands in its row and is judged by whoever trains. */
const RULE: Rule = {
  name: 'harvest',
  match: {},
  method: 'grabcut',
  onInferenceFailure: 'seed',
  storeTo: [],
  holdBelowAgreement: 0,
  allowNonAxial: false,
};
/** Rows of one report that are made at a time. */
const ROWS_AT_ONCE = 4;

/** Fetches one instance that a search showed and takes from it what the set needs; its pictures are on their way to the disk when this resolves. */
export async function entryOf(found: Found, context: ReportContext): Promise<ReportEntry | NoteEntry> {
  const { names, source, slow, patience } = context;
  const [study, series, instance] = found;
  const report = names.of('report', instance);
  const lost = (reason: ReasonCode): ReportEntry => ({ kind: 'report', report, result: { kind: 'lost', reason } });
  const fetched = await patience.ask(() =>
    fetchInstance(found[4] === 'nearline' ? slow : source.archive, {
      study: asReadUid<StudyInstanceUid>(study),
      series: asReadUid<SeriesInstanceUid>(series),
      instance: asReadUid<SopInstanceUid>(instance),
    }),
  );
  if (!fetched.ok) return lost(fetched.error);
  const { dataSet } = fetched.value.file;
  if (isNote(found, dataSet)) return noteOf(report, dataSet, names);
  if (isOwnObject(dataSet)) return lost('own-object');
  const read = readReport(dataSet, source.carriers);
  if (read.measurements.length === 0) return lost(read.skipped[0]?.reason ?? 'no-measurements');
  const measurements = await measurementsOf(read, dataSet, report, context);
  if (typeof measurements === 'string') return lost(measurements);
  return {
    kind: 'report',
    report,
    result: {
      kind: 'read',
      source: source.name,
      reportKind: read.kind,
      predecessors: read.predecessors.map((uid) => names.of('report', uid)),
      identical: read.identicalDocuments.map((uid) => names.of('report', uid)),
      contentDateTime: read.contentDateTime ?? null,
      isUnfinished: unfinished(read),
      content: names.of('content', contentOf(read), 32),
      measurements,
    },
  };
}

export const isNoteClass = (sopClass: string | null): boolean => sopClass === SOP_CLASS.KeyObjectSelection;

const isNote = (found: Found, dataSet: DataSet): boolean =>
  isNoteClass(found[3] ?? dataSet.text(TAG.SOPClassUID) ?? null);

const noteOf = (report: string, dataSet: DataSet, names: Pseudonyms): NoteEntry => ({
  kind: 'note',
  report,
  rejects: [...rejectedInstances(dataSet)]
    .map((uid) => ({ report: names.of('report', uid), image: names.of('image', uid) }))
    .sort((a, b) => (a.report < b.report ? -1 : 1)),
});

const unfinished = (report: ReadReport): 'no' | 'partial' | 'preliminary' =>
  report.findings.some((f) => f.code === 'report.preliminary')
    ? 'preliminary'
    : report.findings.some((f) => f.code === 'report.partial')
      ? 'partial'
      : 'no';

/** What makes two reports the same under two identifiers. */
const contentOf = ({ patientID, observer, measurements }: ReadReport): string =>
  JSON.stringify([
    patientID ?? null,
    observer ?? null,
    measurements.map((m) => [
      m.trackingUID,
      m.trackingIdentifier,
      m.longAxis,
      m.shortAxis,
      m.image,
      m.finding,
      m.findingSite,
      m.timePoint,
    ]),
  ]);

async function measurementsOf(
  read: ReadReport,
  reportHeader: DataSet,
  report: string,
  context: ReportContext,
): Promise<readonly MeasurementEntry[] | ReasonCode> {
  const { source, patience, world, reviews } = context;
  const reviewed = reviews && (await reviewsOf(read, reviews));
  if (reviewed?.size === 0)
    return read.measurements.map(({ key }) => ({ key, result: { kind: 'lost', reason: 'not-reviewed' } }));
  const slices = await patience.ask(() => fetchSlices(read, source.images, world.kernels));
  if (!slices.ok) return slices.error;
  const segmenters = { kernels: world.kernels, network: undefined };
  const results = await segmentReport(read, sliceAmong(slices.value), [RULE], segmenters);
  if (!results.ok) return results.error;

  const resultOf = async (result: MeasurementResult): Promise<RowEntry | ReasonCode> => {
    const slice = slices.value.get(result.measurement.key);
    // an image that must not leave is the reason, whatever else is wrong with what was drawn on it
    const held = slice?.ok ? heldBack(slice.value.header) : undefined;
    if (held) return held;
    const review = reviewed?.get(result.measurement.key);
    if (reviewed && !review) return 'not-reviewed';
    if (review?.kind === 'none') return 'rejected-by-reviewer';
    if (result.kind === 'ended') return result.reason;
    if (result.decision !== 'store') return result.decision.hold;
    return rowOf(result.lesion, review, read, reportHeader, report, context);
  };
  const rows = new AtOnce(ROWS_AT_ONCE);
  return together(
    results.value.map(async (measured): Promise<MeasurementEntry> => {
      const result = await rows.run(() => resultOf(measured));
      const { key } = measured.measurement;
      return { key, result: typeof result === 'string' ? { kind: 'lost', reason: result } : result };
    }),
  );
}

type Chosen = Extract<ReviewedContour, { kind: 'chosen' }>;

/** An instance whose report has no UID of its own was never reviewed. */
const reviewsOf = ({ sopInstanceUID }: ReadReport, reviews: ReviewedWorld) =>
  sopInstanceUID === undefined ? Promise.resolve(new Map<never, never>()) : reviewedContours(sopInstanceUID, reviews);

async function rowOf(
  lesion: SegmentedLesion,
  review: Chosen | undefined,
  read: ReadReport,
  reportHeader: DataSet,
  report: string,
  context: ReportContext,
): Promise<RowEntry | ReasonCode> {
  const { names, files, slices, source } = context;
  const { located, mask } = lesion;
  const { slice, marks, measurement } = located;
  const id = names.of('row', `${report}\n${measurement.key}`);
  const expert = review ? await expertOf(review, id, slice, context) : null;
  if (typeof expert === 'string') return expert;
  const seedWritten = async (): Promise<ReasonCode | undefined> => {
    const labels = await labelsOf(lesion, context);
    if (typeof labels === 'string') return labels;
    const made = await files.once(seedPath(id), () => context.world.kernels.labelPicture(mask, labels));
    return made.ok ? undefined : 'worker-crashed';
  };
  const [seeding, taking] = [seedWritten(), slices.take(slice, context)];
  await together<unknown>([seeding, taking]);
  const [noSeed, taken] = [await seeding, await taking];
  if (noSeed) return noSeed;
  if (typeof taken === 'string') return taken;
  const header = slice.header;
  return {
    kind: 'row',
    id,
    source: source.name,
    image: imageEntry(slice, taken, names),
    studyDate: dateText(header.text(TAG.StudyDate)),
    identity: identityOf(header, reportHeader, read, measurement, names),
    sex: sexOf(header),
    ageYears: ageYearsOf(header),
    coarseType: coarseTypeOf(measurement.findingSite),
    findingName: findingNameOf(measurement.finding),
    vendor: vendorOf(header),
    scanner: names.of('scanner', scannerTextOf(header), 8),
    longAxis: pointPair(marks.longAxis),
    shortAxis: marks.shortAxis ? pointPair(marks.shortAxis) : null,
    longAxisMm: round(located.longAxisMm),
    shortAxisMm: located.shortAxisMm === undefined ? null : round(located.shortAxisMm),
    reportedLongMm: rounded(measurement.longAxis?.reportedMm),
    reportedShortMm: rounded(measurement.shortAxis?.reportedMm),
    shape: measurement.shape,
    method: lesion.method,
    agreement: round(lesion.agreement),
    areaPx: lesion.areaPx,
    expert,
    findings: [...new Set([...located.findings, ...lesion.findings].map((f) => f.code))].sort(),
  };
}

/** Writes the mask that a person chose and measures it. */
async function expertOf(
  { contour, mask }: Chosen,
  id: string,
  { reference, plane }: SourceSlice,
  { files, patience }: ReportContext,
): Promise<ExpertEntry | ReasonCode> {
  const chosen = await patience.ask(() => mask(reference));
  if (!chosen.ok) return chosen.error;
  if (chosen.value.rows !== plane.rows || chosen.value.columns !== plane.columns) return 'read-back-differs';
  await files.once(maskPath(id), () => Promise.resolve(ok(maskPng(chosen.value))));
  const { longAxis, shortAxis } = marksOf(chosen.value, plane.spacing);
  return {
    contour,
    longAxis: pointPair(longAxis),
    shortAxis: shortAxis ? pointPair(shortAxis) : null,
    areaPx: countPixels(chosen.value),
  };
}

/** The weak label: the seed mask, left open where the shape between the marks says otherwise. */
async function labelsOf(
  { located, mask }: SegmentedLesion,
  { world }: ReportContext,
): Promise<Uint8Array | ReasonCode> {
  const shape = await shapeBetweenMarks(located, world.kernels);
  return shape.ok ? labelsOnSlice(mask, shape.value) : shape.error;
}

type Taken = Exclude<Awaited<ReturnType<SliceTaker['take']>>, string>;

function imageEntry(slice: SourceSlice, taken: Taken, names: Pseudonyms): ImageEntry {
  const { plane, header, reference } = slice;
  return {
    ...taken,
    rows: plane.rows,
    columns: plane.columns,
    betweenColumns: round(plane.spacing.betweenColumns, 6),
    betweenRows: round(plane.spacing.betweenRows, 6),
    window: windowOf(header),
    image: names.of('image', sliceKey(reference)),
    series: names.of('series', header.text(TAG.SeriesInstanceUID) ?? ''),
    study: names.of('study', header.text(TAG.StudyInstanceUID) ?? ''),
  };
}

function identityOf(
  header: DataSet,
  reportHeader: DataSet,
  read: ReadReport,
  measurement: Measurement,
  names: Pseudonyms,
): RowEntry['identity'] {
  const patientID = (header.text(TAG.PatientID) ?? reportHeader.text(TAG.PatientID))?.normalize('NFC');
  const issuer = header.text(TAG.IssuerOfPatientID)?.normalize('NFC') ?? '';
  const observation = {
    report: read,
    measurement,
    studyDate: header.text(TAG.StudyDate),
    longAxisMm: undefined,
    shortAxisMm: undefined,
  };
  const lesionUid = lesionUidOf(measurement);
  const lesionName = lesionNameOf(measurement);
  const moment = timeKeyOf(observation);
  return {
    patient: patientID === undefined ? null : names.of('patient-id', `${patientID}\n${issuer}`, 24),
    patientAnyIssuer: patientID === undefined ? null : names.of('patient-id-any-issuer', patientID, 24),
    study: names.of('study', header.text(TAG.StudyInstanceUID) ?? '', 24),
    lesionUid: lesionUid === undefined ? null : names.of('lesion', lesionUid, 24),
    lesionName: lesionName === undefined ? null : names.of('lesion-name', lesionName, 24),
    observer: names.of('observer', read.observer ?? ''),
    moment: moment === undefined ? null : names.of('moment', moment),
  };
}

const dateText = (text: string | undefined): string | null =>
  text !== undefined && /^\d{8}$/.test(text) ? text : null;

const pointPair = ([a, b]: SegmentedLesion['located']['marks']['longAxis']): PointPair => [
  round(a.column),
  round(a.row),
  round(b.column),
  round(b.row),
];

/** A micrometre of a pixel is nobody's measurement, and short numbers are the same on every machine. */
const round = (value: number, digits = 4): number => Number(value.toFixed(digits));
const rounded = (value: number | undefined): number | null => (value === undefined ? null : round(value));
