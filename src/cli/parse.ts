import { readFile } from 'node:fs/promises';
import { imagePlaneOf, readPart10 } from '../dicom/index.js';
import {
  CT_CLASSES,
  lengthMm,
  TAG,
  type Axis,
  type CodedConcept,
  type DataSet,
  type ImageReference,
  type Measurement,
  type ReadReport,
  type ReasonCode,
  type SopClassUid,
} from '../domain/index.js';
import { readReport, recogniseCarrier } from '../sr-parser/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

export interface ParseOptions {
  readonly files: readonly string[];
  readonly json: boolean;
}

/** One line of `parse --json`. */
interface ParsedFile {
  readonly file: string;
  readonly sopClassUID: string | null;
  readonly kind: ReadReport['kind'];
  readonly measurements: readonly object[];
  readonly skipped: readonly { readonly reason: string; readonly where: string }[];
}

/** `caliper parse`: what the report reader makes of files. */
export async function parse(options: ParseOptions, terminal: Terminal): Promise<ExitCode> {
  const read = [];
  for (const path of options.files) {
    const bytes = await readFile(path);
    read.push({ path, bytes, file: readPart10(bytes) });
  }
  const images = new Map<string, DataSet>();
  for (const { file } of read) {
    const sop = file.ok ? file.value.dataSet.text(TAG.SOPInstanceUID) : undefined;
    if (file.ok && sop !== undefined && file.value.dataSet.has(TAG.Rows)) images.set(sop, file.value.dataSet);
  }
  let unreadable = 0;
  for (const { path, bytes, file } of read) {
    const parsed = file.ok ? parsedFile(path, file.value.dataSet, images) : otherFile(path, bytes, file.error.code);
    if (
      parsed.skipped.some(
        (s) => s.reason === 'not-dicom' || s.reason === 'truncated' || s.reason === 'data-set-invalid',
      )
    )
      unreadable++;
    terminal.out(options.json ? JSON.stringify(parsed) : forPeople(parsed));
  }
  return unreadable > 0 ? EXIT.someFailed : EXIT.done;
}

function parsedFile(path: string, dataSet: DataSet, images: ReadonlyMap<string, DataSet>): ParsedFile {
  const sopClassUID = dataSet.text(TAG.SOPClassUID) ?? null;
  if (dataSet.has(TAG.Rows) || CT_CLASSES.has(sopClassUID as SopClassUid))
    return {
      file: path,
      sopClassUID,
      kind: 'negative',
      measurements: [],
      skipped: [{ reason: 'not-a-report', where: '' }],
    };
  const report = readReport(dataSet);
  return {
    file: path,
    sopClassUID,
    kind: report.kind,
    measurements: report.measurements.map((m) => measurementJson(m, images)),
    skipped: report.skipped.map(({ reason, where }) => ({ reason, where })),
  };
}

/** A file that is no DICOM: an AIM annotation, or nothing that carries marks. */
function otherFile(path: string, bytes: Uint8Array, problem: ReasonCode): ParsedFile {
  const aim = recogniseCarrier(bytes) === 'aim';
  return {
    file: path,
    sopClassUID: null,
    kind: aim ? 'aim' : 'negative',
    measurements: [],
    skipped: [{ reason: aim ? 'carrier-not-enabled' : problem, where: '' }],
  };
}

const measurementJson = (m: Measurement, images: ReadonlyMap<string, DataSet>) => ({
  trackingUID: m.trackingUID ?? null,
  trackingIdentifier: m.trackingIdentifier ?? null,
  longAxis: axisJson(m.longAxis, m.image, images),
  shortAxis: axisJson(m.shortAxis, m.image, images),
  image: m.image ? { sopInstanceUID: m.image.sopInstanceUID, frame: m.image.frame ?? null } : null,
  finding: codeJson(m.finding),
  findingSite: codeJson(m.findingSite),
  findings: m.findings.map((f) => f.code),
  shape: m.shape,
});

function axisJson(axis: Axis | undefined, image: ImageReference | undefined, images: ReadonlyMap<string, DataSet>) {
  if (!axis) return null;
  return {
    points: pointsJson(axis),
    reportedMm: axis.reportedMm ?? null,
    recomputedMm: recomputedMm(axis, image, images) ?? null,
    code: codeJson(axis.code),
  };
}

const pointsJson = ({ points }: Axis) =>
  points === undefined
    ? null
    : points.space === 'image-point'
      ? points.ends.map((p) => [p.column, p.row])
      : points.ends.map((p) => [p.x, p.y, p.z]);

function recomputedMm(
  { points }: Axis,
  image: ImageReference | undefined,
  images: ReadonlyMap<string, DataSet>,
): number | undefined {
  if (!points) return undefined;
  if (points.space === 'patient') {
    const [a, b] = points.ends;
    return Math.hypot(b.x - a.x, b.y - a.y, b.z - a.z);
  }
  const header = image && images.get(image.sopInstanceUID);
  if (!header) return undefined;
  const plane = imagePlaneOf(header, image.frame);
  return plane.ok ? lengthMm(plane.value.spacing, points.ends) : undefined;
}

const codeJson = (c: CodedConcept | undefined) => (c ? { value: c.value, scheme: c.scheme, meaning: c.meaning } : null);

function forPeople(parsed: ParsedFile): string {
  const lines = [`${parsed.file}: ${parsed.kind}, ${parsed.measurements.length} measurements`];
  type Row = ReturnType<typeof measurementJson>;
  const rows = (parsed.measurements as Row[]).map((m) => [
    m.trackingIdentifier ?? '',
    m.finding?.meaning ?? '',
    m.findingSite?.meaning ?? '',
    m.longAxis?.reportedMm?.toFixed(1) ?? '',
    m.shortAxis?.reportedMm?.toFixed(1) ?? '',
    m.image ? `${m.image.sopInstanceUID.slice(-12)}${m.image.frame ? `#${m.image.frame}` : ''}` : '',
    m.findings.join(' '),
  ]);
  if (rows.length > 0)
    lines.push(textTable(['identifier', 'finding', 'site', 'long mm', 'short mm', 'image', 'findings'], rows));
  for (const s of parsed.skipped) lines.push(`  skipped ${s.where || 'file'}: ${s.reason}`);
  return lines.join('\n');
}
