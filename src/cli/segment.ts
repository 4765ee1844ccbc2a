import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startKernelPool, type KernelPool } from '../compute/index.js';
import { imagePlaneOf } from '../dicom/index.js';
import {
  asReadUid,
  fail,
  ok,
  REASONS,
  SOP_CLASS,
  TAG,
  type ImagePlane,
  type ImageReference,
  type LocatedMeasurement,
  type Measurement,
  type MethodName,
  type Pair,
  type PixelIndex,
  type ReadReport,
  type ReasonCode,
  type Result,
  type Rule,
  type SegmentationObject,
  type SeriesInstanceUid,
  type SourceSlice,
} from '../domain/index.js';
import { overlayPng } from '../pictures/index.js';
import {
  framesOf,
  segmentReport,
  sliceKey,
  sourceSlice,
  type FurtherSlices,
  type MeasurementResult,
  type Segmenters,
} from '../pipeline/index.js';
import { writeSegmentations } from '../seg-writer/index.js';
import {
  chooseSlice,
  documentOf,
  firstReportOf,
  isOwnObject,
  readAim,
  readReport,
  recogniseCarrier,
  rejectedInstances,
  reportEquipmentOf,
  supersededReports,
  type OtherCarrier,
  type ReportEquipment,
} from '../sr-parser/index.js';
import { openReadyNetwork } from './bundles.js';
import { filesBelow, readDicomFile } from './dicom-folder.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { softwareVersion } from './software-version.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';
import { writeWhole } from './write-whole.js';

export interface SegmentOptions {
  readonly input: string;
  readonly out: string;
  readonly method: MethodName;
  /** Name of the model that `cosegmentation` takes. */
  readonly bundle: string;
  readonly device: 'auto' | 'cuda' | 'cpu';
  /** Marked slices alone, or all slices that a lesion reaches. */
  readonly extent: 'slice' | 'volume';
  readonly threads: number;
  readonly json: boolean;
  /** What is read besides structured reports and AIM files. */
  readonly carriers: readonly OtherCarrier[];
}

/** What became of a measurement of a report in a folder: `held` ones are written too, but apart. */
type FileOutcome = 'written' | 'held' | 'skipped' | 'failed';

interface OutcomeLine {
  readonly report: string | null;
  readonly trackingUID: string | null;
  readonly trackingIdentifier: string | null;
  readonly outcome: FileOutcome;
  readonly reason: ReasonCode | null;
  readonly image: { readonly sopInstanceUID: string; readonly frame: number | null } | null;
  readonly longAxis: AxisLine | null;
  readonly shortAxis: AxisLine | null;
  readonly measured: { readonly longAxis: AxisLine; readonly shortAxis: AxisLine } | null;
  readonly areaPx: number | null;
  readonly areaMm2: number | null;
  /** Slices that the lesion is on, and its volume; null where only the marked slice was looked at. */
  readonly slices: number | null;
  readonly volumeMm3: number | null;
  readonly agreement: number | null;
  readonly method: MethodName | null;
  readonly findings: readonly string[];
  readonly segUID: string | null;
  readonly segmentNumber: number | null;
  readonly picture: string | null;
}
interface AxisLine {
  /** [[column, row], [column, row]], pixel centres at integers, zero-based. */
  readonly points: readonly (readonly [number, number])[];
  readonly mm: number;
}

/** `caliper segment`: every report below a folder against the images below it; no archive, no database. */
export async function segment(options: SegmentOptions, terminal: Terminal): Promise<ExitCode> {
  const started = Date.now();
  const files = await sortedFiles(options.input, options.carriers, terminal);
  const { reports } = files;
  await mkdir(join(options.out, 'held'), { recursive: true });
  const kernels = startKernelPool({ threads: options.threads });
  const network =
    options.method === 'cosegmentation' ? await openReadyNetwork(options.bundle, kernels, options) : undefined;
  if (network && !network.ok) terminal.err(`${network.error}; seed masks (grabcut) are written in its place`);
  const segmenters: Segmenters = { kernels, network: network?.ok ? network.value : undefined };
  const lines: OutcomeLine[] = [];
  const superseded = supersededReports(reports.filter((report) => !isRejected(report, files)));
  try {
    for (const [index, report] of reports.entries()) {
      const reason = isRejected(report, files) ? 'rejected-by-note' : superseded.get(report)?.reason;
      const written = reason
        ? report.measurements.map((m) => lineOf(report, m, { outcome: 'skipped', reason }))
        : await segmentOneReport(report, index, files, segmenters, options);
      if (options.json) for (const line of written) terminal.out(JSON.stringify(line));
      else terminal.out(forPeople(report, index, reports.length, written, options));
      lines.push(...written);
    }
  } finally {
    await segmenters.network?.close();
    await kernels.close();
  }
  const count = (outcome: FileOutcome) => lines.filter((l) => l.outcome === outcome).length;
  const summary = `${count('written')} written, ${count('held')} held, ${count('skipped')} skipped, ${count('failed')} failed in ${((Date.now() - started) / 1000).toFixed(1)} s`;
  terminal.err(reports.length === 0 ? `no report below ${options.input}` : summary);
  if (count('held') > 0)
    terminal.err(`held results are in ${join(options.out, 'held')}: look at the pictures before you use them`);
  return count('failed') > 0 || reports.length === 0 ? EXIT.someFailed : EXIT.done;
}

const isRejected = ({ sopInstanceUID }: ReadReport, { rejected }: SortedFiles): boolean =>
  sopInstanceUID !== undefined && rejected.has(sopInstanceUID);

interface SortedFiles {
  readonly reports: readonly ReadReport[];
  /** What made a report, where it says so. */
  readonly equipment: ReadonlyMap<ReadReport, ReportEquipment>;
  /** Reports and images that a rejection note in the folder says are not to be used. */
  readonly rejected: ReadonlySet<string>;
  /** Paths of images by SOPInstanceUID. */
  readonly images: ReadonlyMap<string, string>;
  /** Images that have a place in the patient. */
  readonly placed: readonly PlacedFile[];
}

interface PlacedFile {
  readonly image: ImageReference;
  readonly plane: ImagePlane;
  readonly series: string | undefined;
}

async function sortedFiles(
  folder: string,
  carriers: readonly OtherCarrier[],
  terminal: Terminal,
): Promise<SortedFiles> {
  const reports: ReadReport[] = [];
  const equipment = new Map<ReadReport, ReportEquipment>();
  const rejected = new Set<string>();
  const images = new Map<string, string>();
  const placed: PlacedFile[] = [];
  for (const path of await filesBelow(folder)) {
    const read = await readDicomFile(path);
    if (!read.ok) {
      if (recogniseCarrier(read.error.bytes) === 'aim') reports.push(readAim(read.error.bytes));
      else if (read.error.code !== 'not-dicom') terminal.err(`${path}: ${REASONS[read.error.code].says}`);
      continue;
    }
    const { dataSet } = read.value.file;
    for (const uid of rejectedInstances(dataSet)) rejected.add(uid);
    const sop = dataSet.text(TAG.SOPInstanceUID);
    const sopClass = dataSet.text(TAG.SOPClassUID);
    const isDrawing = sopClass === SOP_CLASS.GrayscaleSoftcopyPresentationState;
    if (isDrawing ? carriers.includes('gsps') : dataSet.has(TAG.ContentSequence) && !isOwnObject(dataSet)) {
      const report = readReport(dataSet, carriers);
      reports.push(report);
      const madeBy = reportEquipmentOf(dataSet);
      if (madeBy) equipment.set(report, madeBy);
    } else if (!isDrawing && sop !== undefined && sopClass !== SOP_CLASS.Segmentation) {
      images.set(sop, path);
      const plane = imagePlaneOf(dataSet, undefined);
      if (plane.ok)
        placed.push({
          image: { sopClassUID: undefined, sopInstanceUID: asReadUid(sop), frame: undefined },
          plane: plane.value,
          series: dataSet.text(TAG.SeriesInstanceUID),
        });
    }
  }
  return { reports, equipment, rejected, images, placed };
}

async function segmentOneReport(
  report: ReadReport,
  index: number,
  files: SortedFiles,
  segmenters: Segmenters,
  options: SegmentOptions,
): Promise<readonly OutcomeLine[]> {
  const { kernels, network } = segmenters;
  const slices = new Map<string, Result<SourceSlice, ReasonCode>>();
  for (const measurement of report.measurements) {
    const image = imageOf(measurement, files);
    if (image.ok && !slices.has(sliceKey(image.value)))
      slices.set(
        sliceKey(image.value),
        files.rejected.has(image.value.sopInstanceUID)
          ? fail('rejected-by-note')
          : await sliceFromFile(files.images.get(image.value.sopInstanceUID), image.value, kernels),
      );
  }
  const sliceOf = (measurement: Measurement): Result<SourceSlice, ReasonCode> => {
    const image = imageOf(measurement, files);
    return image.ok ? (slices.get(sliceKey(image.value)) ?? fail('image-gone')) : image;
  };

  const further = options.extent === 'volume' ? furtherSlicesIn(files, kernels) : undefined;
  const results = await segmentReport(report, sliceOf, [offlineRule(options.method)], segmenters, further);
  if (!results.ok)
    return report.measurements.map((m) => lineOf(report, m, { outcome: 'failed', reason: results.error }));

  const written = new Map<string, WrittenLesion>();
  for (const kind of ['written', 'held'] as const) {
    const lesions = results.value.filter(
      (r): r is Segmented => r.kind === 'segmented' && (r.decision === 'store') === (kind === 'written'),
    );
    if (lesions.length === 0) continue;
    const { objects, refused } = writeSegmentations({
      report,
      lesions: lesions.map((l) => l.lesion),
      equipment: { installationId: 'offline', softwareVersion: softwareVersion() },
      createdAt: new Date(),
      policyName: kind,
      ...originOf(report, files),
      ...(network ? { bundle: { name: network.bundle.manifest.name, sha256: network.bundle.sha256 } } : {}),
      ...(options.extent === 'volume' ? { slicesOf: slicesOf(lesions), seriesPlanes: seriesPlanes(files) } : {}),
    });
    for (const object of objects) {
      await writeWhole(join(options.out, kind === 'held' ? 'held' : '', `${object.sopInstanceUID}.dcm`), object.bytes);
      for (const s of object.segments) written.set(s.measurementKey, { object, segmentNumber: s.segmentNumber });
    }
    for (const r of refused) written.set(r.measurementKey, { refused: r.reason });
  }
  const lines: OutcomeLine[] = [];
  for (const [n, result] of results.value.entries()) {
    const name = `report-${String(index + 1).padStart(3, '0')}-lesion-${String(n + 1).padStart(2, '0')}.png`;
    lines.push(await outcomeOf(report, result, written.get(result.measurement.key), name, options));
  }
  return lines;
}

/** What the report's chain of predecessors began with, and what made the report. */
function originOf(report: ReadReport, files: SortedFiles) {
  const known = files.reports.filter((other) => !isRejected(other, files)).map(documentOf);
  const firstReport = firstReportOf(documentOf(report), known);
  const reportEquipment = files.equipment.get(report);
  return {
    ...(firstReport === undefined ? {} : { firstReport }),
    ...(reportEquipment === undefined ? {} : { reportEquipment }),
  };
}

type Segmented = Extract<MeasurementResult, { kind: 'segmented' }>;
type WrittenLesion =
  { readonly object: SegmentationObject; readonly segmentNumber: number } | { readonly refused: ReasonCode };

async function outcomeOf(
  report: ReadReport,
  result: MeasurementResult,
  written: WrittenLesion | undefined,
  pictureName: string,
  options: SegmentOptions,
): Promise<OutcomeLine> {
  if (result.kind === 'ended') return endedLine(report, result, pictureName, options);
  const { lesion, decision, volume } = result;
  const { located } = lesion;
  const folder = decision === 'store' ? '' : 'held';
  await writeWhole(join(options.out, folder, pictureName), overlayPng(located.slice, located.marks, lesion.mask));
  const base = {
    ...lineOf(report, result.measurement, { outcome: 'failed', reason: null }),
    ...placeOf(located),
    measured: {
      longAxis: axisLine(lesion.axes.longAxis, lesion.axes.longAxisMm),
      shortAxis: axisLine(lesion.axes.shortAxis, lesion.axes.shortAxisMm),
    },
    areaPx: lesion.areaPx,
    areaMm2: round(lesion.areaMm2, 3),
    slices: volume?.slices.length ?? null,
    volumeMm3: volume?.volumeMm3 === undefined ? null : round(volume.volumeMm3, 1),
    agreement: round(lesion.agreement, 4),
    method: lesion.method,
    findings: [...located.findings, ...lesion.findings].map((f) => f.code),
    picture: join(folder, pictureName),
  };
  if (written && 'refused' in written) return { ...base, outcome: 'failed', reason: written.refused };
  if (!written) throw new Error('a segmented lesion is neither written nor refused');
  return {
    ...base,
    outcome: decision === 'store' ? 'written' : 'held',
    reason: decision === 'store' ? null : decision.hold,
    segUID: written.object.sopInstanceUID,
    segmentNumber: written.segmentNumber,
  };
}

/** A measurement without contour: where its marks lie is still shown, if they could be placed. */
async function endedLine(
  report: ReadReport,
  { measurement, located, outcome, reason }: Extract<MeasurementResult, { kind: 'ended' }>,
  pictureName: string,
  options: SegmentOptions,
): Promise<OutcomeLine> {
  const line = lineOf(report, measurement, { outcome, reason });
  if (!located) return line;
  const picture = outcome === 'held' ? join('held', pictureName) : pictureName;
  await writeWhole(join(options.out, picture), overlayPng(located.slice, located.marks, undefined));
  return { ...line, ...placeOf(located), findings: located.findings.map((f) => f.code), picture };
}

/** Image and marks of a line, in pixels of the slice. */
const placeOf = ({ slice, marks, longAxisMm, shortAxisMm }: LocatedMeasurement) => ({
  image: { sopInstanceUID: slice.reference.sopInstanceUID, frame: slice.reference.frame ?? null },
  longAxis: axisLine(marks.longAxis, longAxisMm),
  shortAxis: marks.shortAxis && shortAxisMm !== undefined ? axisLine(marks.shortAxis, shortAxisMm) : null,
});

const lineOf = (
  report: ReadReport,
  m: Measurement,
  end: { outcome: FileOutcome; reason: ReasonCode | null },
): OutcomeLine => ({
  report: report.sopInstanceUID ?? null,
  trackingUID: m.trackingUID ?? null,
  trackingIdentifier: m.trackingIdentifier ?? null,
  ...end,
  image: m.image ? { sopInstanceUID: m.image.sopInstanceUID, frame: m.image.frame ?? null } : null,
  longAxis: null,
  shortAxis: null,
  measured: null,
  areaPx: null,
  areaMm2: null,
  slices: null,
  volumeMm3: null,
  agreement: null,
  method: null,
  findings: m.findings.map((f) => f.code),
  segUID: null,
  segmentNumber: null,
  picture: null,
});

const axisLine = (ends: Pair<PixelIndex>, mm: number): AxisLine => ({
  points: ends.map((p) => [round(p.column, 3), round(p.row, 3)] as const),
  mm: round(mm, 3),
});

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** The image that marks lie on: the one they name, or in patient coordinates the one they lie in. */
function imageOf(measurement: Measurement, { placed }: SortedFiles): Result<ImageReference, ReasonCode> {
  if (measurement.image) return ok(measurement.image);
  if ((measurement.longAxis ?? measurement.shortAxis)?.points?.space !== 'patient') return fail('no-image-reference');
  const chosen = chooseSlice(
    measurement,
    placed.map((p) => p.plane),
  );
  return chosen.ok ? ok(placed[chosen.value]!.image) : chosen;
}

async function sliceFromFile(
  path: string | undefined,
  image: ImageReference,
  kernels: KernelPool,
): Promise<Result<SourceSlice, ReasonCode>> {
  if (path === undefined) return fail('image-gone');
  const read = await readDicomFile(path);
  return read.ok ? sourceSlice(read.value, image, kernels) : fail(read.error.code);
}

/** The images of a folder as the stacks that their series are. */
const furtherSlicesIn = ({ placed, rejected, images }: SortedFiles, kernels: KernelPool): FurtherSlices => ({
  imagesOf: (marked) => {
    const series = marked.header.text(TAG.SeriesInstanceUID);
    const standing = placed.filter((p) => p.series === series && !rejected.has(p.image.sopInstanceUID));
    return Promise.resolve(ok(marked.reference.frame === undefined ? standing : framesOf(marked)));
  },
  sliceOf: (image) => sliceFromFile(images.get(image.sopInstanceUID), image, kernels),
});

const slicesOf = (lesions: readonly Segmented[]) =>
  new Map(lesions.flatMap(({ measurement, volume }) => (volume ? [[measurement.key, volume.slices] as const] : [])));

function seriesPlanes({ placed }: SortedFiles): ReadonlyMap<SeriesInstanceUid, readonly ImagePlane[]> {
  const planes = new Map<SeriesInstanceUid, ImagePlane[]>();
  for (const { series, plane } of placed) {
    if (series === undefined) continue;
    const uid = asReadUid<SeriesInstanceUid>(series);
    planes.set(uid, [...(planes.get(uid) ?? []), plane]);
  }
  return planes;
}

const offlineRule = (method: MethodName): Rule => ({
  name: 'offline',
  match: {},
  method,
  onInferenceFailure: 'seed',
  storeTo: [],
  holdBelowAgreement: 'auto',
  allowNonAxial: false,
});

function forPeople(
  report: ReadReport,
  index: number,
  of: number,
  lines: readonly OutcomeLine[],
  { extent }: SegmentOptions,
): string {
  const inVolume = <T>(...cells: readonly T[]): readonly T[] => (extent === 'volume' ? cells : []);
  const head = `report ${index + 1} of ${of}   ${report.sopInstanceUID ?? 'without UID'}   ${lines.length} measurements`;
  const rows = lines.map((l) => [
    l.trackingIdentifier ?? '',
    l.longAxis?.mm.toFixed(1) ?? '',
    l.shortAxis?.mm.toFixed(1) ?? '',
    l.areaMm2?.toFixed(0) ?? '',
    ...inVolume(l.slices?.toFixed(0) ?? '', l.volumeMm3 === null ? '' : (l.volumeMm3 / 1000).toFixed(2)),
    l.agreement?.toFixed(2) ?? '',
    l.reason ? `${l.outcome}: ${l.reason}` : l.outcome,
    l.picture ?? '',
  ]);
  return rows.length === 0
    ? `${head}: ${report.skipped[0]?.reason ?? 'no-measurements'}`
    : `${head}\n${textTable(['lesion', 'long mm', 'short mm', 'area mm2', ...inVolume('slices', 'ml'), 'agreement', 'outcome', 'picture'], rows)}`;
}
