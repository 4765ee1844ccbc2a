import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Axis, ReadReport } from '../../../src/domain/index.js';
import { locateMeasurement, readAim, readReport, recogniseCarrier } from '../../../src/sr-parser/index.js';
import { describeWith, shared } from '../../environment/peers.js';
import { FIXTURES, fixtureCorpus, manifestRows, sliceOf, type Oracle } from '../corpus.js';
import { linesDiffer, pointsOf, same } from './against-oracle.js';

/** A walk by another reader (Python's ElementTree and json): AIM 3 gives shapes and values, AIM 4 markups with the lengths of their annotation. */
interface AimOracle extends Oracle {
  readonly shapes?: readonly { readonly points: number[][]; readonly image: string; readonly recomputedMm?: number }[];
  readonly values?: readonly number[];
  readonly markups?: readonly {
    readonly trackingUID: string | null;
    readonly name: string;
    readonly points: number[][];
    readonly image: string;
    readonly lengths: readonly { readonly values: readonly string[]; readonly unit: readonly string[] }[];
  }[];
  readonly points?: number[][];
  readonly uid?: string;
  readonly name?: string;
}

const MM: Readonly<Record<string, number>> = { mm: 1, cm: 10, linear: 10 };

function againstWalk(report: ReadReport, oracle: AimOracle, compact: readonly number[] = []): readonly string[] {
  if (oracle.measurements) return againstInputs(report, oracle);
  const said: string[] = [];
  const expected = [
    ...(oracle.shapes ?? []).map(({ points, image }) => ({ points, image, mm: oracle.values ?? [] })),
    ...(oracle.markups ?? []).map(({ points, image, lengths }) => ({
      points,
      image,
      mm: [
        ...lengths.flatMap(({ values, unit }) => values.map((v) => Number(v) * (MM[unit[0] ?? ''] ?? NaN))),
        ...compact,
      ],
    })),
    ...(oracle.points ? [{ points: oracle.points, image: undefined, mm: undefined }] : []),
  ];
  const left = report.measurements.flatMap((m) =>
    [m.longAxis, m.shortAxis].flatMap((axis) => (axis?.points ? [{ m, axis }] : [])),
  );
  for (const { points, image, mm } of expected) {
    const at = left.findIndex(
      ({ m, axis }) => same(pointsOf(axis), points) && (!image || m.image?.sopInstanceUID === image),
    );
    const [found] = at < 0 ? [] : left.splice(at, 1);
    if (!found) said.push(`a line is missing: ${JSON.stringify(points)}`);
    else if (mm && !isOneOf(found.axis, mm)) said.push(`reported ${found.axis.reportedMm}, not ${mm.join()}`);
  }
  if (left.length > 0) said.push(`${left.length} lines too many`);
  return said;
}

const isOneOf = ({ reportedMm }: Axis, values: readonly number[]): boolean =>
  reportedMm === undefined ? values.length === 0 : values.some((value) => Math.abs(value - reportedMm) < 1e-9 * value);

function againstInputs(report: ReadReport, oracle: AimOracle): readonly string[] {
  const said = [...linesDiffer(report, oracle)];
  for (const expected of oracle.measurements ?? []) {
    const found = report.measurements.find((m) => m.trackingUID === expected.trackingUID);
    if (!found) said.push('tracking UID');
    if (found?.trackingIdentifier !== expected.trackingIdentifier) said.push('tracking identifier');
    if (found?.findingSite?.value !== expected.site?.[0]) said.push('site');
    for (const [axis, wanted] of [
      [found?.longAxis, expected.longAxis],
      [found?.shortAxis, expected.shortAxis],
    ] as const)
      if (!axis || wanted === null || wanted.reportedMm === null || !near(axis.reportedMm, wanted.reportedMm))
        said.push(`reported ${axis?.reportedMm}`);
  }
  return said;
}

/** The walk of the collection did not look into results that are one value; these are lengths in centimetres. */
const compactLengths = (bytes: Uint8Array): readonly number[] =>
  [
    ...Buffer.from(bytes)
      .toString('utf8')
      .replace(/\s+/g, '')
      .matchAll(
        /"CompactCalculationResult","unitOfMeasure":\{"value":"cm"\}.*?"LineLength"\}\}\]\},"value":\{"value":"([\d.]+)"/g,
      ),
  ].map(([, value]) => Number(value) * 10);

const near = (a: number | undefined, b: number): boolean => a !== undefined && Math.abs(a - b) < 1e-6;

const everyMeasurementSays = (report: ReadReport): boolean =>
  report.measurements.every((m) => m.findings.some(({ code }) => code === 'points.origin-unknown'));

const FOLDER = join(FIXTURES, 'carriers');
const fixture = (name: string): Uint8Array => readFileSync(join(FOLDER, name));

describe('annotations of others', () => {
  test.each([
    'ncip-aim3-xml__0022BaselineA.xml',
    'ncip-aim3-xml__0025FollowupA_Model.xml',
    'independent__aim4-bidirectional-cm.json',
    'independent__aim4-bidirectional-linear.json',
    'independent__aim4-bidirectional-mm.json',
  ])('%s', (name) => {
    const oracle = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as AimOracle;
    const report = readAim(fixture(name));
    expect(report.kind).toBe('aim');
    expect(againstWalk(report, oracle)).toEqual([]);
    expect(everyMeasurementSays(report)).toBe(true);
  });

  test('on its slice, in centimetres or millimetres, with the length it says', () => {
    const corpus = fixtureCorpus();
    for (const unit of ['cm', 'linear', 'mm']) {
      const name = `independent__aim4-bidirectional-${unit}.json`;
      const report = readAim(fixture(name));
      const { measurements } = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as AimOracle;
      const slice = corpus.slice(measurements![0]!.imageFile);
      for (const measurement of report.measurements) {
        const located = locateMeasurement(measurement, report, slice);
        expect(located).toMatchObject({ ok: true });
        expect(located.ok && located.value.findings.map(({ code }) => code).sort()).toEqual([
          'length.agrees',
          'points.origin-unknown',
        ]);
      }
    }
  });

  test('the same as the report that the AIM Toolkit made of it', () => {
    const sr = readReport(
      fixtureCorpus().reports.find(({ path }) => path === 'ncip-aim3-sr/0022BaselineA.dcm')!.dataSet,
    );
    const aim = readAim(fixture('ncip-aim3-xml__0022BaselineA.xml'));
    const said = ({ patientID, observer, evidence, measurements }: ReadReport) => ({
      patientID,
      observer,
      evidence,
      measurements: measurements.map((m) => [
        pointsOf(m.longAxis),
        m.longAxis?.reportedMm?.toFixed(4),
        m.image,
        m.trackingUID,
        m.trackingIdentifier,
        m.findingSite?.value,
        m.lesionRole,
      ]),
    });
    expect(said(aim)).toEqual(said(sr));
    expect(aim.contentDateTime).toBe('20080411153215');
  });

  test.each<[string, string]>([
    ['no document at all', 'data-set-invalid'],
    ['{"ImageAnnotationCollection":{}}', 'no-measurements'],
    ['{"ImageAnnotationCollection":', 'data-set-invalid'],
    ['<ImageAnnotationCollection/>', 'no-measurements'],
    ['<ImageAnnotation>', 'data-set-invalid'],
    ['<ImageAnnotation/>', 'no-marks'],
  ])('%s: %s', (text, reason) => {
    expect(readAim(Buffer.from(text))).toMatchObject({ kind: 'aim', measurements: [], skipped: [{ reason }] });
  });
});

describeWith({ shared: shared() }, 'every annotation of the collection', ({ shared }) => {
  const folder = join(shared, 'sr-corpus');
  const rows = manifestRows(folder).filter(({ shape }) => shape === 'aim3' || shape === 'aim4');
  expect(rows.length).toBeGreaterThanOrEqual(45);

  test.each(rows.map((row) => [row.path, row] as const))('%s', (_, { path, oracle }) => {
    const bytes = readFileSync(join(folder, path));
    expect(recogniseCarrier(bytes)).toBe('aim');
    const report = readAim(bytes);
    const walk = JSON.parse(readFileSync(join(folder, oracle), 'utf8')) as AimOracle;
    expect(againstWalk(report, walk, compactLengths(bytes))).toEqual([]);
    expect(everyMeasurementSays(report)).toBe(true);
  });

  test('markups have the tracking UID and the lesion name of their annotation', () => {
    for (const { path, oracle } of rows) {
      const { markups } = JSON.parse(readFileSync(join(folder, oracle), 'utf8')) as AimOracle;
      const report = readAim(readFileSync(join(folder, path)));
      for (const [i, markup] of (markups ?? []).entries()) {
        const found = report.measurements[i];
        expect([found?.trackingUID ?? null, found?.trackingIdentifier]).toEqual([
          markup.trackingUID,
          markup.name.split('~')[0],
        ]);
      }
    }
  });

  test('where the slices are here, AIM 3 shapes have the lengths of the walk', () => {
    let compared = 0;
    for (const { path, oracle } of rows.filter(({ shape }) => shape === 'aim3')) {
      const { shapes } = JSON.parse(readFileSync(join(folder, oracle), 'utf8')) as AimOracle;
      const report = readAim(readFileSync(join(folder, path)));
      const name = /(\d{4})(Baseline|Followup)/.exec(path)!;
      const slice = sliceOf(readFileSync(join(folder, `ct/ncip/${name[1]}${name[2]}.dcm`)));
      for (const [i, measurement] of report.measurements.entries()) {
        const located = locateMeasurement(measurement, report, slice);
        const recomputed = shapes?.[i]?.recomputedMm;
        if (!located.ok || recomputed === undefined) continue;
        expect(Math.abs(located.value.longAxisMm - recomputed)).toBeLessThan(0.01);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(20);
  });
});
