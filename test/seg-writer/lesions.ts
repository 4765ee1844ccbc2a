import {
  agreement,
  asReadUid,
  mm,
  mm2,
  pixelIndex,
  type CodedConcept,
  type Mask,
  type Measurement,
  type MeasurementKey,
  type MethodName,
  type ReadReport,
  type SegmentedLesion,
  type SeriesInstanceUid,
  type SopClassUid,
  type SopInstanceUid,
  type SourceSlice,
  type StudyInstanceUid,
  type Uid,
} from '../../src/domain/index.js';
import { TAG } from '../../src/domain/index.js';
import type { SegmentationRequest } from '../../src/seg-writer/index.js';

export interface LesionOptions {
  readonly method?: MethodName;
  readonly trackingIdentifier?: string;
  readonly trackingUID?: string;
  readonly finding?: CodedConcept;
  readonly findingSite?: CodedConcept;
  readonly laterality?: CodedConcept;
  /** Where the mask begins, as fractions of rows and columns. */
  readonly at?: readonly [row: number, column: number];
}

/**
 * Six lesions of consecutive numbers lie apart from each other. A mask that is no mirror image of itself in any direction, a foot with a notch: exchanged axes, flips and shifts all show. Pixels lie away from
 * the border unless `at` says otherwise.
 */
export function footMask(rows: number, columns: number, [top, left]: readonly [number, number]): Mask {
  const bits = new Uint8Array(rows * columns);
  const r0 = Math.floor(top * rows);
  const c0 = Math.floor(left * columns);
  const set = (row: number, column: number): void => {
    if (r0 + row < rows && c0 + column < columns) bits[(r0 + row) * columns + c0 + column] = 1;
  };
  for (let row = 0; row < 9; row++) for (let column = 0; column < 3; column++) set(row, column);
  for (let row = 7; row < 9; row++) for (let column = 3; column < 8; column++) set(row, column);
  set(0, 4);
  return { rows, columns, bits };
}

const keyOf = (n: number): MeasurementKey => `1.6.${n}` as MeasurementKey;

export function lesionOn(slice: SourceSlice, n: number, options: LesionOptions = {}): SegmentedLesion {
  const { rows, columns } = slice.plane;
  const mask = footMask(rows, columns, options.at ?? [0.05 + 0.3 * (n % 3), 0.05 + 0.4 * (Math.floor(n / 3) % 2)]);
  const line = [pixelIndex(2, 3), pixelIndex(20, 9)] as const;
  const measurement: Measurement = {
    key: keyOf(n),
    trackingUID: options.trackingUID === undefined ? undefined : asReadUid<Uid>(options.trackingUID),
    trackingIdentifier: options.trackingIdentifier,
    longAxis: undefined,
    shortAxis: undefined,
    image: slice.reference,
    finding: options.finding,
    findingSite: options.findingSite,
    laterality: options.laterality,
    lesionRole: undefined,
    timePoint: undefined,
    shape: 'A',
    findings: [],
  };
  return {
    located: {
      measurement,
      slice,
      marks: { longAxis: line, shortAxis: undefined },
      longAxisMm: mm(12.25),
      shortAxisMm: mm(8),
      findings: [],
    },
    mask,
    method: options.method ?? 'grabcut',
    agreement: agreement(0.875),
    axes: { longAxis: line, shortAxis: line, longAxisMm: mm(12), shortAxisMm: mm(7.5) },
    areaPx: mask.bits.reduce((sum, bit) => sum + bit, 0),
    areaMm2: mm2(40),
    findings: [],
  };
}

/** A report of these lesions in the study of the first one's image. */
export function reportOf(lesions: readonly SegmentedLesion[], overrides: Partial<ReadReport> = {}): ReadReport {
  const { header } = lesions[0]!.located.slice;
  return {
    kind: 'tid1500',
    sopClassUID: asReadUid<SopClassUid>('1.2.840.10008.5.1.4.1.1.88.33'),
    sopInstanceUID: asReadUid<SopInstanceUid>('2.25.330186224412934519712342105567390412101'),
    seriesInstanceUID: asReadUid<SeriesInstanceUid>('2.25.330186224412934519712342105567390412102'),
    studyInstanceUID: asReadUid<StudyInstanceUid>(header.text(TAG.StudyInstanceUID) ?? ''),
    seriesNumber: 12,
    patientID: header.text(TAG.PatientID),
    contentDateTime: undefined,
    observer: undefined,
    predecessors: [],
    identicalDocuments: [],
    measurements: [...lesions.map((lesion) => lesion.located.measurement)].sort((a, b) => order(a) - order(b)),
    skipped: [],
    findings: [],
    evidence: [],
    ...overrides,
  };
}

const order = ({ key }: Measurement): number => Number(key.split('.')[2]);

export function requestFor(
  lesions: readonly SegmentedLesion[],
  overrides: Partial<SegmentationRequest> = {},
): SegmentationRequest {
  return {
    report: reportOf(lesions),
    lesions,
    equipment: { installationId: 'test-installation', softwareVersion: '0.1.0' },
    createdAt: new Date('2026-03-04T05:06:07Z'),
    policyName: 'default',
    ...overrides,
  };
}
