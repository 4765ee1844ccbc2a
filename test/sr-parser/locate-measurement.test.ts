import { describe, expect, test } from '@jest/globals';
import {
  asReadUid,
  imagePoint,
  mm,
  patientPoint,
  type Axis,
  type FindingCode,
  type ImageReference,
  type Measurement,
  type MeasurementKey,
  type ReadReport,
  type SopInstanceUid,
  type SourceSlice,
} from '../../src/domain/index.js';
import { chooseSlice, constantSpacing, locateMeasurement, readReport } from '../../src/sr-parser/index.js';
import { describeWith, shared } from '../environment/peers.js';
import { fixtureCorpus, sharedCorpus, type Corpus } from './corpus.js';
import { dataSetOfJson } from './made-report.js';

const corpus = fixtureCorpus();
/** 128 rows, 160 columns; 0.6 mm between rows, 0.9 between columns; axial at z = 120. */
const aniso = corpus.slice('ct/synthetic/aniso-1.dcm');
const SOP = aniso.reference.sopInstanceUID;

type Four = readonly [number, number, number, number];

const axis = ([c1, r1, c2, r2]: Four, reportedMm?: number): Axis => ({
  points: { space: 'image-point', ends: [imagePoint(c1, r1), imagePoint(c2, r2)] },
  reportedMm: reportedMm === undefined ? undefined : mm(reportedMm),
  reportedValue: reportedMm,
  unit: undefined,
  code: undefined,
  match: 'value-and-scheme',
});

const measurement = (longAxis: Axis | undefined, shortAxis?: Axis, trackingIdentifier?: string): Measurement => ({
  key: '1.1' as MeasurementKey,
  trackingUID: undefined,
  trackingIdentifier,
  longAxis,
  shortAxis,
  image: { sopClassUID: undefined, sopInstanceUID: SOP, frame: undefined },
  finding: undefined,
  findingSite: undefined,
  laterality: undefined,
  lesionRole: undefined,
  timePoint: undefined,
  shape: 'A',
  findings: [],
});

const reportOf = (measurements: readonly Measurement[], more: Partial<ReadReport> = {}): ReadReport => ({
  ...readReport(dataSetOfJson({})),
  measurements,
  ...more,
});

const codesOf = (
  m: Measurement,
  slice: SourceSlice = aniso,
  more: Partial<ReadReport> = {},
): readonly FindingCode[] => {
  const located = locateMeasurement(m, reportOf([m], more), slice);
  return located.ok ? located.value.findings.map(({ code }) => code) : [];
};

/** Level and upright lines of 36 and 18 mm through (60.5, 60.5). */
const LEVEL: Four = [40.5, 60.5, 80.5, 60.5];
const UPRIGHT: Four = [60.5, 45.5, 60.5, 75.5];

describe('lengths on the slice', () => {
  test('half a pixel lies between SCOORD and pixel centres; lengths know both spacings', () => {
    const located = locateMeasurement(measurement(axis(LEVEL), axis(UPRIGHT)), reportOf([]), aniso);
    expect(located.ok && located.value.marks.longAxis[0]).toEqual({ space: 'pixel-index', column: 40, row: 60 });
    expect(located.ok && located.value.longAxisMm).toBeCloseTo(36, 9);
    expect(located.ok && located.value.shortAxisMm).toBeCloseTo(18, 9);
  });

  test.each<[string, number, number, FindingCode[]]>([
    ['as they are', 36, 18, ['length.agrees']],
    ['within 1 %', 36.3, 18.1, ['length.agrees']],
    ['rounded to whole millimetres', 36, 18, ['length.agrees']],
    ['in centimetres', 3.6, 1.8, ['length.cm']],
    ['in tenths of a millimetre', 360, 180, ['length.cm']],
    ['as radii', 18, 9, ['length.radius']],
    ['doubled', 72, 36, ['length.radius']],
    ['in pixels', 40, 30, ['length.pixels']],
    ['with exchanged spacing', 24, 27, ['length.swapped-spacing']],
    ['as nothing known', 31.11, 25.55, ['length.disagrees']],
    ['one right, one not', 36, 25.55, ['length.agrees', 'length.disagrees']],
  ])('reported %s', (_, long, short, expected) => {
    const found = codesOf(measurement(axis(LEVEL, long), axis(UPRIGHT, short)));
    expect(found.filter((code) => code.startsWith('length.'))).toEqual(expected);
  });

  test('without a reported number nothing is said about it', () => {
    expect(codesOf(measurement(axis(LEVEL), axis(UPRIGHT)))).toEqual([]);
  });
});

describe('how the marks lie', () => {
  test('the longer line is the long axis, whatever it was called', () => {
    const m = measurement(axis(UPRIGHT, 18), axis(LEVEL, 36));
    const located = locateMeasurement(m, reportOf([m]), aniso);
    expect(located.ok && located.value.longAxisMm).toBeCloseTo(36, 9);
    expect(codesOf(m)).toEqual(['length.agrees', 'axes.exchanged']);
  });

  test('a single line is the long mark, in whichever role the report has it', () => {
    const located = locateMeasurement(measurement(undefined, axis(UPRIGHT)), reportOf([]), aniso);
    expect(located.ok && located.value.marks).toEqual({
      longAxis: [
        { space: 'pixel-index', column: 60, row: 45 },
        { space: 'pixel-index', column: 60, row: 75 },
      ],
      shortAxis: undefined,
    });
  });

  test.each<[string, Four, FindingCode[]]>([
    ['perpendicular', UPRIGHT, []],
    ['missing by a tenth of the missed axis', [60.5, 63.5, 60.5, 93.5], []],
    ['missing by a third', [60.5, 70.5, 60.5, 100.5], ['axes.do-not-cross']],
    ['beside each other', [100.5, 50.5, 100.5, 70.5], ['axes.do-not-cross']],
    ['at 45 degrees in millimetres', [50.5, 45.5, 70.5, 75.5], ['axes.not-perpendicular']],
    ['parallel', [50.5, 61.5, 70.5, 61.5], ['axes.not-perpendicular', 'axes.do-not-cross']],
    ['without length', [60.5, 60.5, 60.5, 60.5], ['axes.zero-length']],
    ['a pixel beyond the edge', [60.5, 60.5, 60.5, 128.9], ['axes.exchanged']],
    ['two pixels beyond it', [60.5, 58.5, 60.5, 130.2], ['axes.exchanged', 'points.outside-image']],
  ])('a short axis %s', (_, short, expected) => {
    expect(codesOf(measurement(axis(LEVEL), axis(short)))).toEqual(expected);
  });

  test('no line, no image: said so', () => {
    const numbers = { ...measurement(undefined), longAxis: { ...axis(LEVEL), points: undefined } };
    expect(locateMeasurement(numbers, reportOf([]), aniso)).toEqual({ ok: false, error: 'no-marks' });
    const nowhere = { ...measurement(axis(LEVEL)), image: undefined };
    expect(locateMeasurement(nowhere, reportOf([]), aniso)).toEqual({ ok: false, error: 'no-image-reference' });
  });

  test('a slice that the marks do not name is refused; a frame of an image without frames is the image', () => {
    const on = (image: Partial<ImageReference>): Measurement => {
      const m = measurement(axis(LEVEL));
      return { ...m, image: { sopClassUID: undefined, sopInstanceUID: SOP, frame: undefined, ...image } };
    };
    const frame = (n: number): SourceSlice => ({ ...aniso, reference: { ...aniso.reference, frame: n } });
    const other = on({ sopInstanceUID: asReadUid<SopInstanceUid>('1.2.9') });
    expect(locateMeasurement(other, reportOf([]), aniso)).toEqual({ ok: false, error: 'image-gone' });
    expect(locateMeasurement(on({ frame: 7 }), reportOf([]), frame(8))).toEqual({
      ok: false,
      error: 'frame-not-in-image',
    });
    expect(locateMeasurement(on({ frame: 7 }), reportOf([]), frame(7)).ok).toBe(true);
    expect(locateMeasurement(on({ frame: 7 }), reportOf([]), aniso).ok).toBe(true);
  });
});

describe('report and image', () => {
  const m = measurement(axis(LEVEL), axis(UPRIGHT));
  const header = (elements: Record<string, unknown[]>): SourceSlice => ({
    ...aniso,
    header: dataSetOfJson(
      Object.fromEntries(Object.entries(elements).map(([tag, Value]) => [tag, { vr: 'LO', Value }])),
    ),
  });

  test('another patient, another study: findings; not saying is no disagreement', () => {
    const slice = header({ '00100020': ['P1'], '0020000D': ['1.2'] });
    expect(codesOf(m, slice, { patientID: 'P1', studyInstanceUID: '1.2' as never })).toEqual([]);
    expect(codesOf(m, slice, { patientID: 'P2', studyInstanceUID: '1.3' as never })).toEqual([
      'identity.patient-differs',
      'identity.study-differs',
    ]);
    expect(codesOf(m, slice)).toEqual([]);
  });

  test('an image of another study is right where the evidence says so', () => {
    const instance = { sopInstanceUID: SOP, sopClassUID: undefined, seriesInstanceUID: undefined };
    const said = { studyInstanceUID: '1.3' as never, evidence: [{ ...instance, studyInstanceUID: '1.2' as never }] };
    expect(codesOf(m, header({ '0020000D': ['1.2'] }), said)).toEqual([]);
    expect(codesOf(m, header({ '0020000D': ['1.4'] }), said)).toEqual(['identity.study-differs']);
  });

  test('localizers, lossy images, other orientations', () => {
    expect(codesOf(m, header({ '00080008': ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] }))).toEqual(['slice.localizer']);
    expect(codesOf(m, { ...header({}), lossy: true })).toEqual(['slice.lossy']);
    const coronal = { ...aniso.plane, rowDirection: [1, 0, 0] as const, columnDirection: [0, 0, -1] as const };
    expect(codesOf(m, { ...header({}), plane: coronal })).toEqual(['slice.not-axial']);
  });

  test('the state of the report goes along', () => {
    const state = { findings: [{ code: 'report.preliminary' as const }, { code: 'reference.dangling' as const }] };
    expect(codesOf(m, header({}), state)).toEqual(['report.preliminary']);
  });
});

describe('exchanged spacing of Cornerstone3D', () => {
  const TOOL = 'Cornerstone3DTools@^0.1.0:Bidirectional';
  const swapped = corpus.reports.find(({ path }) => path === 'cornerstone3d/5.14.0-aniso-swapped.dcm')!;

  test('is not undone for another writer, only suspected of its numbers', () => {
    const report = readReport(swapped.dataSet);
    const other = { ...report.measurements[0]!, trackingIdentifier: 'Lesion 1' };
    const located = locateMeasurement(other, { ...report, measurements: [other] }, aniso);
    expect(located.ok && located.value.findings.map(({ code }) => code)).toContain('length.swapped-spacing');
  });

  test('one line alone proves nothing: suspected', () => {
    expect(codesOf(measurement(axis(LEVEL, 24), undefined, TOOL))).toContain('points.swapped-spacing-suspected');
  });

  test('three lines of the report on the image do', () => {
    const single = (points: Four, length: number): Measurement => measurement(axis(points, length), undefined, TOOL);
    const first = single(LEVEL, 24);
    const report = reportOf([first, single([10.5, 20.5, 40.5, 20.5], 18), single([20.5, 30.5, 20.5, 60.5], 27)]);
    const located = locateMeasurement(first, report, aniso);
    expect(located.ok && located.value.longAxisMm).toBeCloseTo(24, 9);
    expect(located.ok && located.value.findings.map(({ code }) => code)).toEqual([
      'length.agrees',
      'points.swapped-spacing-undone',
    ]);
  });

  test('not if the points undone would lie outside the image', () => {
    // 0.9 / 0.6 of a row moves it beyond the last one.
    const low = measurement(axis([40.5, 110.5, 80.5, 110.5], 24), axis([60.5, 100.5, 60.5, 120.5], 18), TOOL);
    expect(codesOf(low)).toContain('points.swapped-spacing-suspected');
  });

  test('lengths that agree as written are left alone', () => {
    expect(codesOf(measurement(axis(LEVEL, 36), axis(UPRIGHT, 18), TOOL))).toEqual(['length.agrees']);
  });
});

describe('marks in patient coordinates', () => {
  const FRAME = aniso.plane.frameOfReferenceUID;
  const at = (z: number, frameOfReferenceUID = FRAME): Measurement => ({
    ...measurement(undefined),
    image: undefined,
    longAxis: {
      ...axis(LEVEL),
      points: {
        space: 'patient',
        ends: [patientPoint(-34, -4, z), patientPoint(2, -4, z)],
        frameOfReferenceUID,
      },
    },
  });
  const above = {
    ...aniso.plane,
    position: patientPoint(aniso.plane.position.x, aniso.plane.position.y, 122.5),
  };

  test('are projected on the slice they lie on', () => {
    const located = locateMeasurement(at(120.4), reportOf([]), aniso);
    expect(located.ok && located.value.marks.longAxis[0].column).toBeCloseTo(40, 9);
    expect(located.ok && located.value.marks.longAxis[0].row).toBeCloseTo(60, 9);
  });

  test.each([
    ['half way to the next slice', 121.25, 'marks-off-slice'],
    ['far away', 140, 'marks-off-slice'],
  ])('%s they are on none', (_, z, error) => {
    expect(locateMeasurement(at(z), reportOf([]), aniso)).toEqual({ ok: false, error });
    expect(chooseSlice(at(z), [aniso.plane, above])).toEqual({ ok: false, error });
  });

  test('the nearest slice is chosen', () => {
    expect(chooseSlice(at(120.4), [above, aniso.plane])).toEqual({ ok: true, value: 1 });
    expect(chooseSlice(at(122.1), [above, aniso.plane])).toEqual({ ok: true, value: 0 });
  });

  test('a foreign frame of reference is refused', () => {
    const foreign = at(120, '1.9.9' as never);
    expect(locateMeasurement(foreign, reportOf([]), aniso)).toEqual({ ok: false, error: 'identity-differs' });
    expect(chooseSlice(foreign, [aniso.plane])).toEqual({ ok: false, error: 'identity-differs' });
    expect(chooseSlice(foreign, [])).toEqual({ ok: false, error: 'image-gone' });
  });
});

/** Defects planted in files, and all that must be said of every lesion in them. */
const PLANTED: readonly (readonly [string, readonly FindingCode[]])[] = [
  ['trust-cm-labelled-mm', ['length.cm']],
  ['trust-radius', ['length.radius']],
  ['trust-pixels-unit', ['unit.unknown', 'length.pixels']],
  ['trust-spacing-one', ['length.pixels']],
  ['trust-swapped-lengths', ['length.swapped-spacing']],
  ['trust-exchanged-axes', ['length.agrees', 'axes.exchanged']],
  ['trust-oblique-axes', ['length.agrees', 'axes.not-perpendicular']],
  ['trust-not-crossing', ['length.agrees', 'axes.do-not-cross']],
  ['trust-outside-image', ['length.agrees', 'points.outside-image']],
  ['trust-zero-length', ['length.agrees', 'axes.zero-length']],
  ['trust-wrong-image', ['length.agrees', 'identity.patient-differs']],
  ['trust-nan', ['length.agrees']],
  ['life-preliminary', ['report.preliminary', 'length.agrees']],
  ['life-partial', ['report.partial', 'length.agrees']],
];

const locatedIn = (all: Corpus, path: string) => {
  const file = all.reports.find((candidate) => candidate.path === path)!;
  const report = readReport(file.dataSet);
  return report.measurements.map((m, i) => {
    const known = file.oracle.measurements?.[i]?.imageFile ?? 'ct/ncip/0023Baseline.dcm';
    const located = locateMeasurement(m, report, all.slice(known));
    if (!located.ok) throw new Error(located.error);
    return located.value;
  });
};

describeWith({ shared: shared() }, 'planted defects', ({ shared }) => {
  const all = sharedCorpus(shared);

  test.each(PLANTED)('%s', (name, expected) => {
    for (const located of locatedIn(all, `independent/${name}.dcm`)) {
      const codes = located.findings.map(({ code }) => code);
      expect([...codes].sort()).toEqual([...expected].sort());
    }
  });

  test('one spacing for all images is found and named', () => {
    expect(constantSpacing(locatedIn(all, 'independent/trust-constant-spacing.dcm'))).toBeCloseTo(0.7, 3);
    expect(constantSpacing(locatedIn(all, 'independent/trust-radius.dcm'))).toBeUndefined();
    expect(constantSpacing(locatedIn(all, 'cornerstone3d/5.14.0-aniso.dcm'))).toBeUndefined();
  });

  test('the baselines of the AIM samples were computed with the first patient`s spacing', () => {
    const baselines = all.reports
      .filter(({ path }) => /ncip-aim3-sr\/\d+Baseline/.test(path))
      .flatMap(({ path, dataSet }) => {
        const report = readReport(dataSet);
        const slice = all.slice(`ct/ncip/${path.slice('ncip-aim3-sr/'.length, -'A.dcm'.length)}.dcm`);
        return report.measurements.map((m) => locateMeasurement(m, report, slice));
      });
    const located = baselines.flatMap((result) => (result.ok ? [result.value] : []));
    expect(located).toHaveLength(10);
    expect(constantSpacing(located)).toBeCloseTo(0.691406, 5);
  });
});
