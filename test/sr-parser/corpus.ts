/** Reports by other writers with what is known about them: the few in this repository, and the collection beside a checkout where there is one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSetFromJson, readPart10 } from '../../src/dicom/index.js';
import {
  TAG,
  asReadUid,
  mm,
  patientPoint,
  type DataSet,
  type FrameOfReferenceUid,
  type ImagePlane,
  type SopClassUid,
  type SopInstanceUid,
  type SourceSlice,
} from '../../src/domain/index.js';

export type Code = readonly [string, string, string];

export interface OracleAxis {
  readonly points: readonly (readonly [number, number])[] | null;
  readonly pointsInFile?: readonly (readonly [number, number])[];
  readonly patientPoints?: readonly (readonly [number, number, number])[];
  readonly reportedMm: number | null;
  readonly recomputedMm: number | null;
  readonly reportedValue?: number | null;
  readonly unit?: Code;
  readonly code?: Code;
}

export interface OracleMeasurement {
  readonly trackingUID: string | null;
  readonly trackingIdentifier: string | null;
  readonly longAxis: OracleAxis | null;
  readonly shortAxis: OracleAxis | null;
  readonly image: string;
  readonly imageFile: string;
  readonly frame: number | null;
  readonly expect: string;
  readonly defect?: string;
  /** The writer's inputs, and what a walk found in the measurement's own group. */
  readonly finding: Code | null;
  readonly site: Code | null;
  readonly findingInFile?: Code | null;
  readonly siteInFile?: Code | null;
}

interface WalkedGraphic {
  readonly graphicType: string;
  readonly points: readonly (readonly number[])[];
  readonly images: readonly (readonly [string, unknown])[];
}

export interface Oracle {
  readonly measurements?: readonly OracleMeasurement[];
  readonly numbers?: readonly {
    readonly concept: Code | null;
    readonly value: number | null;
    readonly graphics: readonly WalkedGraphic[];
  }[];
  readonly graphics?: readonly WalkedGraphic[];
}

export interface CorpusReport {
  readonly path: string;
  readonly kind: string;
  readonly shape: string;
  readonly bytes: Uint8Array;
  readonly dataSet: DataSet;
  readonly oracle: Oracle;
}

export interface Corpus {
  readonly reports: readonly CorpusReport[];
  slice(file: string): SourceSlice;
}

export const FIXTURES = join(process.cwd(), 'test/fixtures/reports');

export function fixtureCorpus(): Corpus {
  const { files } = JSON.parse(readFileSync(join(FIXTURES, 'manifest.json'), 'utf8')) as {
    files: { path: string; kind: string; shape: string }[];
  };
  const name = (path: string): string => path.replaceAll('/', '__');
  return {
    reports: files.map((row) =>
      reportOf(row, join(FIXTURES, name(row.path)), join(FIXTURES, `${name(row.path)}.json`)),
    ),
    slice: (file) => sliceOf(readFileSync(join(FIXTURES, 'slices', name(file)))),
  };
}

/** Every row of the collection that is DICOM (Part 10 or JSON) and no image. */
export function sharedCorpus(shared: string): Corpus {
  const folder = join(shared, 'sr-corpus');
  const rows = manifestRows(folder).filter(
    ({ path, kind, shape }) => kind !== 'ct' && shape !== 'aim3' && shape !== 'aim4' && /\.(?:dcm|json)$/.test(path),
  );
  return {
    // The walk did not read DICOM JSON; the same report as Part 10 lies beside it.
    reports: rows.map((row) =>
      reportOf(row, join(folder, row.path), join(folder, row.oracle.replace(/\.json\.json$/, '.dcm.json'))),
    ),
    slice: (file) => sliceOf(readFileSync(join(folder, file))),
  };
}

export function manifestRows(folder: string): { path: string; kind: string; shape: string; oracle: string }[] {
  const lines = readFileSync(join(folder, 'manifest.csv'), 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [path, , , , , kind, shape, oracle] = (line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? []).map((cell) =>
      cell.replace(/,$/, '').replace(/^"|"$/g, ''),
    );
    return { path: path!, kind: kind!, shape: shape!, oracle: oracle! };
  });
}

function reportOf(row: { path: string; kind: string; shape: string }, file: string, oracle: string): CorpusReport {
  const bytes = readFileSync(file);
  return {
    ...row,
    bytes,
    dataSet: file.endsWith('.json') ? jsonDataSet(bytes) : dataSetOf(bytes),
    oracle: JSON.parse(readFileSync(oracle, 'utf8')) as Oracle,
  };
}

export function dataSetOf(bytes: Uint8Array): DataSet {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(`unreadable: ${file.error.code}`);
  return file.value.dataSet;
}

function jsonDataSet(bytes: Uint8Array): DataSet {
  const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const dataSet = dataSetFromJson(Array.isArray(parsed) ? parsed[0] : parsed);
  if (!dataSet.ok) throw new Error(dataSet.error);
  return dataSet.value;
}

/** A slice of a single-frame image, from its header alone: locating looks at no pixel. */
export function sliceOf(bytes: Uint8Array): SourceSlice {
  const header = dataSetOf(bytes);
  return {
    plane: planeOf(header),
    hu: new Float32Array(0),
    lossy: false,
    header,
    reference: {
      sopClassUID: asReadUid<SopClassUid>(header.text(TAG.SOPClassUID)!),
      sopInstanceUID: asReadUid<SopInstanceUid>(header.text(TAG.SOPInstanceUID)!),
      frame: undefined,
    },
  };
}

function planeOf(header: DataSet): ImagePlane {
  const [betweenRows, betweenColumns] = header.numbers(TAG.PixelSpacing);
  const [x, y, z] = header.numbers(TAG.ImagePositionPatient);
  const [a, b, c, d, e, f] = header.numbers(TAG.ImageOrientationPatient);
  const frame = header.text(TAG.FrameOfReferenceUID);
  return {
    rows: header.number(TAG.Rows)!,
    columns: header.number(TAG.Columns)!,
    spacing: { betweenRows: mm(betweenRows!), betweenColumns: mm(betweenColumns!) },
    position: patientPoint(x!, y!, z!),
    rowDirection: [a!, b!, c!],
    columnDirection: [d!, e!, f!],
    frameOfReferenceUID: frame === undefined ? undefined : asReadUid<FrameOfReferenceUid>(frame),
  };
}
