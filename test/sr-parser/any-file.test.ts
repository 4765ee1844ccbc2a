import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dicomJsonOf, readPart10 } from '../../src/dicom/index.js';
import type { Axis, DataSet, Measurement, ReadReport } from '../../src/domain/index.js';
import {
  chooseSlice,
  isOwnObject,
  locateMeasurement,
  readReport,
  recogniseCarrier,
} from '../../src/sr-parser/index.js';
import { fixtureCorpus } from './corpus.js';
import { dataSetOfJson } from './made-report.js';

const corpus = fixtureCorpus();
const files = new Map(corpus.reports.map((report) => [report.path, report]));
const slice = corpus.slice('ct/synthetic/aniso-1.dcm');
const SEED = 20_260_901;

type Json = Record<string, { vr?: string; Value?: unknown[] }>;
const CONTENT = '0040A730';
const RELATIONSHIP = '0040A010';
const CONCEPT = '0040A043';

/** The same concepts in SNOMED CT and in the old SNOMED values (PS3.16 annex O). */
const GENERATIONS: readonly (readonly [sct: string, srt: string])[] = [
  ['103339001', 'G-A185'],
  ['103340004', 'G-A186'],
  ['131187009', 'G-A193'],
  ['131188004', 'G-A194'],
  ['410668003', 'G-D7FE'],
  ['81827009', 'M-02550'],
  ['42798000', 'G-A166'],
  ['363698007', 'G-C0E3'],
  ['272741003', 'G-C171'],
];
const OTHER_GENERATION = new Map(
  GENERATIONS.flatMap(([sct, srt]): [string, readonly [string, string]][] => [
    [`${sct} SCT`, [srt, 'SRT']],
    [`${srt} SRT`, [sct, 'SCT']],
  ]),
);

/** A copy of a content tree with the children of every item, or the items themselves, changed. */
function changed(json: Json, change: (children: Json[]) => Json[]): Json {
  const children = json[CONTENT]?.Value as Json[] | undefined;
  return children
    ? { ...json, [CONTENT]: { vr: 'SQ', Value: change(children.map((child) => changed(child, change))) } }
    : json;
}

/** What was understood, without the places where it stood, in no particular order. */
function understood(report: ReadReport): readonly string[] {
  // The two ends of a line are two ends in any order.
  const ends = (a: Axis | undefined): unknown => a?.points?.ends.map((end) => JSON.stringify(end)).sort();
  const axis = (a: Axis | undefined): unknown => a && [ends(a), a.reportedMm, a.code];
  return report.measurements
    .map((m: Measurement) =>
      JSON.stringify([
        axis(m.longAxis),
        axis(m.shortAxis),
        m.image,
        m.trackingUID,
        m.finding,
        m.findingSite,
        m.laterality,
      ]),
    )
    .sort();
}

/** Reads what was read and does everything that is done with it. */
function useAll(dataSet: DataSet): void {
  const report = readReport(dataSet);
  isOwnObject(dataSet);
  for (const measurement of report.measurements) {
    locateMeasurement(measurement, report, slice);
    chooseSlice(measurement, [slice.plane]);
  }
}

describe('any file', () => {
  const paths = [...files.keys()];
  const RUNS = 'dcmjs/0.4.7-aniso.dcm';
  const orderless = paths.filter((path) => files.get(path)?.shape !== 'I' && path !== RUNS);

  test('sibling order does not matter, but for runs', () => {
    fc.assert(
      fc.property(fc.constantFrom(...orderless), fc.integer(), (path, seed) => {
        const { dataSet } = files.get(path)!;
        let state = seed | 1;
        const random = (): number => (state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) | 0) >>> 0;
        const shuffled = changed(dicomJsonOf(dataSet), (children) =>
          children
            .map((child) => ({ child, at: random() }))
            .sort((a, b) => a.at - b.at)
            .map(({ child }) => child),
        );
        // Among several images the first is taken, so there order is meaning too.
        const before = readReport(dataSet);
        if (before.measurements.some(({ findings }) => findings.some(({ code }) => code === 'image.several'))) return;
        expect(understood(readReport(dataSetOfJson(shuffled)))).toEqual(understood(before));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  test('relationship types do not matter', () => {
    const types = ['CONTAINS', 'HAS PROPERTIES', 'INFERRED FROM', 'SELECTED FROM', 'HAS OBS CONTEXT', ''];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.constantFrom(...types), (path, type) => {
        const { dataSet } = files.get(path)!;
        const bent = changed(dicomJsonOf(dataSet), (children) =>
          children.map((child) => ({ ...child, [RELATIONSHIP]: { vr: 'CS', Value: [type] } })),
        );
        expect(understood(readReport(dataSetOfJson(bent)))).toEqual(understood(readReport(dataSet)));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  test('the generation of codes does not matter', () => {
    const understoodWithoutCodes = (report: ReadReport) =>
      understood({
        ...report,
        measurements: report.measurements.map((m) => ({
          ...m,
          longAxis: m.longAxis && { ...m.longAxis, code: undefined },
          shortAxis: m.shortAxis && { ...m.shortAxis, code: undefined },
        })),
      });
    let exchanged = 0;
    const otherGeneration = (item: Json): Json => {
      const concept = (item[CONCEPT]?.Value?.[0] ?? {}) as Json;
      const other = OTHER_GENERATION.get(
        [concept['00080100'], concept['00080102']].map((e) => String(e?.Value?.[0])).join(' '),
      );
      if (!other) return item;
      exchanged += 1;
      const [value, scheme] = other;
      const code = { ...concept, '00080100': { vr: 'SH', Value: [value] }, '00080102': { vr: 'SH', Value: [scheme] } };
      return { ...item, [CONCEPT]: { vr: 'SQ', Value: [code] } };
    };
    for (const path of paths) {
      const { dataSet } = files.get(path)!;
      const other = changed(dicomJsonOf(dataSet), (children) => children.map(otherGeneration));
      expect([path, ...understoodWithoutCodes(readReport(dataSetOfJson(other)))]).toEqual([
        path,
        ...understoodWithoutCodes(readReport(dataSet)),
      ]);
    }
    expect(exchanged).toBeGreaterThan(50);
  });

  test('bytes changed, cut and repeated at random never throw', () => {
    const damage = fc.array(
      fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.integer({ min: 0, max: 255 }) }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        damage,
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (path, changes, kept) => {
          const { bytes } = files.get(path)!;
          const damaged = Uint8Array.from(bytes.subarray(0, Math.ceil(bytes.length * kept)));
          for (const { at, byte } of changes) damaged[Math.floor(at * (damaged.length - 1))] = byte;
          recogniseCarrier(damaged);
          const file = readPart10(damaged);
          if (file.ok) useAll(file.value.dataSet);
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  test('any JSON that calls itself a data set never throws', () => {
    const tags = [
      '0040A730',
      '0040A040',
      '0040A043',
      '0040A300',
      '0040A30A',
      '00700022',
      '00081199',
      '0040DB73',
      '00080016',
    ];
    const { tree } = fc.letrec<{ tree: unknown; element: unknown }>((tie) => ({
      tree: fc.dictionary(fc.constantFrom(...tags), tie('element'), { maxKeys: 6 }),
      element: fc.record({
        vr: fc.constantFrom('SQ', 'CS', 'UI', 'DS', 'FL', 'UL', 'XX'),
        Value: fc.array(
          fc.oneof(
            { depthSize: 'small' },
            fc.constantFrom('NUM', 'SCOORD', 'IMAGE', 'POLYLINE', '1'),
            fc.double(),
            tie('tree'),
          ),
          { maxLength: 5 },
        ),
      }),
    }));
    fc.assert(
      fc.property(tree, (json) =>
        useAll(dataSetOfJson({ ...(json as object), '00080060': { vr: 'CS', Value: ['SR'] } })),
      ),
      { seed: SEED, numRuns: 1_000 },
    );
  });
});
