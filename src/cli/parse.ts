import { readFile } from 'node:fs/promises';
import { imagePlaneOf, readPart10, dataSetFromJson } from '../dicom/index.js';
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
import { explainAim, explainReport, readAim, readReport, recogniseCarrier } from '../sr-parser/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

export interface ParseOptions {
  readonly files: readonly string[];
  readonly form: 'table' | 'json' | 'explain';
}

/** One line of `parse --json`. */
interface ParsedFile {
  readonly file: string;
  readonly sopClassUID: string | null;
  readonly kind: ReadReport['kind'];
  readonly measurements: readonly object[];
  readonly skipped: readonly { readonly reason: string; readonly where: string }[];
}

/** What a file turned out to be. */
type Content =
  | { readonly kind: 'data-set'; readonly dataSet: DataSet }
  | { readonly kind: 'aim'; readonly report: ReadReport; readonly bytes: Uint8Array }
  | { readonly kind: 'unreadable'; readonly problem: ReasonCode };

/** `caliper parse`: what the report reader makes of files, other carriers than structured reports included. */
export async function parse(options: ParseOptions, terminal: Terminal): Promise<ExitCode> {
  const read: { path: string; content: Content }[] = [];
  for (const path of options.files) read.push({ path, content: contentOf(await readFile(path)) });
  const images = new Map<string, DataSet>();
  for (const { content } of read) {
    const dataSet = content.kind === 'data-set' ? content.dataSet : undefined;
    const sop = dataSet?.text(TAG.SOPInstanceUID);
    if (dataSet?.has(TAG.Rows) && sop !== undefined) images.set(sop, dataSet);
  }
  let unreadable = 0;
  for (const { path, content } of read) {
    const parsed = parsedFile(path, content, images);
    if (parsed.skipped.some((s) => UNREADABLE.has(s.reason))) unreadable++;
    terminal.out(options.form === 'json' ? JSON.stringify(parsed) : forPeople(parsed));
    if (options.form === 'explain') for (const line of explanationOf(content)) terminal.out(line);
  }
  return unreadable > 0 ? EXIT.someFailed : EXIT.done;
}

function explanationOf(content: Content): readonly string[] {
  if (content.kind === 'aim') return explainAim(content.bytes);
  return content.kind === 'data-set' && !isImage(content.dataSet) ? explainReport(content.dataSet) : [];
}

const UNREADABLE: ReadonlySet<string> = new Set(['not-dicom', 'truncated', 'data-set-invalid']);

function contentOf(bytes: Uint8Array): Content {
  const carrier = recogniseCarrier(bytes);
  if (carrier === 'aim') return { kind: 'aim', report: readAim(bytes), bytes };
  if (carrier === 'dicom-json') {
    const json = jsonOf(bytes);
    const dataSet = dataSetFromJson(Array.isArray(json) ? json[0] : json);
    if (dataSet.ok) return { kind: 'data-set', dataSet: dataSet.value };
  }
  const file = readPart10(bytes);
  return file.ok ? { kind: 'data-set', dataSet: file.value.dataSet } : { kind: 'unreadable', problem: file.error.code };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const isImage = (dataSet: DataSet): boolean =>
  dataSet.has(TAG.Rows) || CT_CLASSES.has(dataSet.text(TAG.SOPClassUID) as SopClassUid);

function parsedFile(file: string, content: Content, images: ReadonlyMap<string, DataSet>): ParsedFile {
  const ended = (kind: ReadReport['kind'], sopClassUID: string | null, reason: ReasonCode): ParsedFile => ({
    file,
    sopClassUID,
    kind,
    measurements: [],
    skipped: [{ reason, where: '' }],
  });
  if (content.kind === 'unreadable') return ended('negative', null, content.problem);
  const sopClassUID = (content.kind === 'data-set' && content.dataSet.text(TAG.SOPClassUID)) || null;
  if (content.kind === 'data-set' && isImage(content.dataSet)) return ended('negative', sopClassUID, 'not-a-report');
  const report = content.kind === 'aim' ? content.report : readReport(content.dataSet, ['gsps']);
  return {
    file,
    sopClassUID,
    kind: report.kind,
    measurements: report.measurements.map((m) => measurementJson(m, images)),
    skipped: report.skipped.map(({ reason, where }) => ({ reason, where })),
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
