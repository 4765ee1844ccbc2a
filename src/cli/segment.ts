import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startKernelPool } from '../compute/index.js';
import {
  fail,
  type Measurement,
  type MethodName,
  type ReadReport,
  type ReasonCode,
  type Result,
  type Rule,
  type SegmentationObject,
  type SourceSlice,
} from '../domain/index.js';
import { overlayPng } from '../pictures/index.js';
import { segmentReport, sliceKey, type MeasurementResult, type Segmenters } from '../pipeline/index.js';
import { writeSegmentations } from '../seg-writer/index.js';
import { supersededReports, type OtherCarrier } from '../sr-parser/index.js';
import { openReadyNetwork } from './bundles.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import {
  furtherSlicesIn,
  imageOf,
  isRejected,
  originOf,
  seriesPlanes,
  sliceFromFile,
  sortedFiles,
  type SortedFiles,
} from './segment-folder.js';
import { axisLine, forPeople, lineOf, placeOf, round, type FileOutcome, type OutcomeLine } from './segment-line.js';
import { softwareVersion } from './software-version.js';
import type { Terminal } from './terminal.js';
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
      else terminal.out(forPeople(report, index, reports.length, written, options.extent));
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

const slicesOf = (lesions: readonly Segmented[]) =>
  new Map(lesions.flatMap(({ measurement, volume }) => (volume ? [[measurement.key, volume.slices] as const] : [])));

const offlineRule = (method: MethodName): Rule => ({
  name: 'offline',
  match: {},
  method,
  onInferenceFailure: 'seed',
  storeTo: [],
  holdBelowAgreement: 'auto',
  allowNonAxial: false,
});
