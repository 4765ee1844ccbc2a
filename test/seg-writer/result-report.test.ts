import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPart10 } from '../../src/dicom/index.js';
import { code, pixelIndex, TAG, type DataSet, type SegmentedLesion } from '../../src/domain/index.js';
import {
  ownSegments,
  writeRejectionNote,
  writeResultReports,
  type ResultReport,
  writeSegmentations,
  type ResultReportRequest,
  type SegmentationRequest,
} from '../../src/seg-writer/index.js';
import { isOwnObject } from '../../src/sr-parser/index.js';
import { dciodvfy, dcmdump, describeWith, pixelmed, python } from '../environment/peers.js';
import { fixtures, imagesIn, imagesOf } from './ct-images.js';
import { edited, setText } from './editing.js';
import { complaintsOfDsrdump, errorsOfDciodvfy, readWithPixelmed, readWithPython } from './judges.js';
import { lesionOn, reportOf, requestFor, type LesionOptions } from './lesions.js';

const phantom = imagesIn(join(fixtures, 'phantom'));
const slices = phantom.map(({ slice }) => slice);

const NODE = code('59441001', 'SCT', 'Lymph node');
const options: readonly LesionOptions[] = [
  {
    trackingIdentifier: 'Lesion A',
    trackingUID: '2.25.4711',
    finding: code('4147007', 'SCT', 'Mass'),
    findingSite: code('39607008', 'SCT', 'Lung'),
    laterality: code('24028007', 'SCT', 'Right'),
  },
  { trackingIdentifier: 'web annotation', finding: NODE },
  {},
];

/** Axes of its own for each lesion, off the pixel centres. */
const measured = (lesion: SegmentedLesion, n: number): SegmentedLesion => ({
  ...lesion,
  located: {
    ...lesion.located,
    measurement: {
      ...lesion.located.measurement,
      lesionRole: n === 0 ? 'target' : undefined,
      timePoint: n === 0 ? { label: 'Week 8', order: 2, identifier: undefined, type: undefined } : undefined,
    },
  },
  axes: {
    ...lesion.axes,
    longAxis: [pixelIndex(3 + n, 4.25), pixelIndex(12, 9.75)],
    shortAxis: [pixelIndex(5, 10), pixelIndex(9, 3 + n)],
  },
});
const lesions = [0, 1, 1].map((index, n) => measured(lesionOn(slices[index]!, n + 1, options[n]), n));
const volume: SegmentationRequest['slicesOf'] = new Map([
  [lesions[0]!.located.measurement.key, slices.map((slice) => ({ slice, mask: lesions[0]!.mask }))],
]);

function written(
  of: readonly SegmentedLesion[],
  more: Partial<SegmentationRequest> = {},
  overrides: Partial<ResultReportRequest> = {},
): {
  readonly segmentations: ReturnType<typeof writeSegmentations>;
  readonly reports: readonly ResultReport[];
} {
  const request = requestFor(of, more);
  const segmentations = writeSegmentations(request);
  expect(segmentations.refused).toEqual([]);
  const { report, equipment, createdAt } = request;
  const { reports } = writeResultReports({
    report,
    objects: segmentations.objects,
    lesions: of,
    equipment,
    createdAt,
    ...overrides,
  });
  return { segmentations, reports };
}

const planar = written(lesions);
const volumetric = written(lesions, { slicesOf: volume });
const multiFrame = written([lesionOn(imagesOf(join(fixtures, 'ct24x38/mf.dcm'))[1]!.slice, 1)]);
const files = [planar, volumetric, multiFrame].map(({ reports }) => reports[0]!.bytes);

const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};

interface Group {
  readonly kind: 'planar' | 'volumetric';
  readonly trackingIdentifier: string;
  readonly trackingUID: string;
  readonly finding: string;
  readonly sites: readonly (readonly [string, string | null])[];
  readonly measurements: Readonly<Record<string, readonly [number, string]>>;
  readonly evaluations: Readonly<Record<string, string>>;
  readonly frame?: readonly [string, readonly number[], string, readonly number[] | null];
  readonly segment?: readonly [string, readonly number[], readonly string[]];
  readonly region?: readonly (readonly [number, number])[];
}
interface ReadByPython {
  readonly missing: readonly string[];
  readonly evidence: Readonly<Record<string, readonly [study: string, series: string]>>;
  readonly predecessors: readonly string[];
  readonly name: string;
  readonly flags: readonly string[];
  readonly title: string;
  readonly modality: string;
  readonly groups: readonly Group[];
}

const BIDIRECTIONAL = 'Cornerstone3DTools@^0.1.0:Bidirectional';

describe('a result report', () => {
  const [report] = planar.reports;
  const [object] = planar.segmentations.objects;

  test('lies in the study, in a series of its own, and is known as ours', () => {
    expect(planar.reports).toHaveLength(1);
    expect(report!.studyInstanceUID).toBe(object!.studyInstanceUID);
    expect(report!.seriesInstanceUID).not.toBe(object!.seriesInstanceUID);
    expect(isOwnObject(dataSetOf(report!.bytes))).toBe(true);
    expect(isOwnObject(dataSetOf(edited(report!.bytes, (tree) => setText(tree, TAG.Manufacturer, 'Other'))))).toBe(
      false,
    );
  });
  test('is the same for the same work, whenever it is written', () => {
    expect(written(lesions).reports[0]!.bytes).toEqual(report!.bytes);
    const later = written(lesions, {}, { createdAt: new Date('2030-01-01') }).reports[0]!;
    expect(later.sopInstanceUID).toBe(report!.sopInstanceUID);
    expect(later.bytes).not.toEqual(report!.bytes);
  });
  test('is another one for other segmentations or another predecessor', () => {
    const predecessor = { ...planar.reports[0]!, sopClassUID: '1.2.840.10008.5.1.4.1.1.88.34' };
    const uids = [
      report!.sopInstanceUID,
      written(lesions.slice(0, 2)).reports[0]!.sopInstanceUID,
      written(lesions, {}, { predecessors: [predecessor] }).reports[0]!.sopInstanceUID,
    ];
    expect(new Set(uids).size).toBe(3);
  });
  test('names the source report only where that can be referred to', () => {
    expect(report!.warnings).toEqual([]);
    const malformed = reportOf(lesions, { seriesInstanceUID: undefined });
    expect(written(lesions, { report: malformed }, { report: malformed }).reports[0]!.warnings).toEqual([
      'report.not-referenced',
    ]);
  });
  test('of lesions in two studies is two reports', () => {
    const elsewhere = imagesIn(join(fixtures, 'ct23x38'), /IMG0001/)[0]!.slice;
    const both = [lesions[0]!, lesionOn(elsewhere, 2)];
    const { reports } = written(both);
    expect(reports.map(({ studyInstanceUID }) => studyInstanceUID)).toEqual([
      slices[0]!.header.text(TAG.StudyInstanceUID),
      elsewhere.header.text(TAG.StudyInstanceUID),
    ]);
  });
  test('an object without its lesion is a contradiction', () => {
    expect(() => written(lesions, {}, { lesions: lesions.slice(1) })).toThrow('without its lesion');
  });
});

describeWith({ python: python() }, 'highdicom reads it', (peers) => {
  let read: readonly ReadByPython[] = [];
  beforeAll(() => {
    read = readWithPython<ReadByPython>(peers.python, 'read_reports.py', files);
  });
  const groups = (file: number, lines: boolean): readonly Group[] =>
    read[file]!.groups.filter(({ trackingIdentifier }) => (trackingIdentifier === BIDIRECTIONAL) === lines);

  test('as what it is, with the identity of the image', () => {
    for (const report of read) {
      expect(report.flags).toEqual(['COMPLETE', 'UNVERIFIED', 'PRELIMINARY']);
      expect([report.title, report.modality]).toEqual(['126000', 'SR']);
    }
    expect(read[0]!.name).toBe(slices[0]!.header.text(TAG.PatientName));
    expect(read[0]!.name).toMatch(/ü/);
  });
  test('every reference is in the evidence, with study and series; images, segmentation and source report are', () => {
    for (const report of read) expect(report.missing).toEqual([]);
    const [object] = planar.segmentations.objects;
    const source = reportOf(lesions);
    const study = object!.studyInstanceUID;
    const series = slices[0]!.header.text(TAG.SeriesInstanceUID);
    expect(read[0]!.evidence).toEqual({
      [slices[0]!.reference.sopInstanceUID]: [study, series],
      [slices[1]!.reference.sopInstanceUID]: [study, series],
      [object!.sopInstanceUID]: [study, object!.seriesInstanceUID],
      [source.sopInstanceUID!]: [study, source.seriesInstanceUID],
    });
  });
  test('planar groups: segmentation frame, image, measurements, inputs of the response', () => {
    const [object] = planar.segmentations.objects;
    const own = ownSegments(dataSetOf(object!.bytes));
    const found = groups(0, false);
    expect(found.map(({ trackingUID }) => trackingUID)).toEqual(own.map(({ trackingUID }) => trackingUID));
    expect(found[0]!.trackingUID).toBe('2.25.4711');
    expect(found.map(({ trackingIdentifier }) => trackingIdentifier)).toEqual(['Lesion A', 'Lesion 2', 'Lesion 3']);
    expect(found.map(({ frame }) => frame)).toEqual(
      [0, 1, 1].map((index, n) => [object!.sopInstanceUID, [n + 1], slices[index]!.reference.sopInstanceUID, null]),
    );
    expect(found[0]).toMatchObject({ kind: 'planar', finding: '4147007', sites: [['39607008', '24028007']] });
    expect(found[0]!.measurements).toEqual({
      '42798000': [40, 'mm2'],
      '103339001': [12, 'mm'],
      '103340004': [7.5, 'mm'],
      agreement: [0.875, '1'],
      'recist-diameter': [12, 'mm'],
    });
    expect(found[0]!.evaluations).toEqual({ '112021': '126081', 'lesion-role': '112074' });
    expect(found[1]).toMatchObject({ finding: '52988006', sites: [['59441001', null]] });
    // of a lymph node the short axis counts
    expect(found[1]!.measurements['recist-diameter']).toEqual([7.5, 'mm']);
  });
  test('lines: the same lesions again, with outline and axes', () => {
    const found = groups(0, true);
    expect(found.map(({ trackingUID }) => trackingUID)).toEqual(groups(0, false).map(({ trackingUID }) => trackingUID));
    for (const [n, { region, measurements }] of found.entries()) {
      expect(measurements).toEqual({ '103339001': [12, 'mm'], '103340004': [7.5, 'mm'] });
      expect(region!.at(-1)).toEqual(region![0]);
      expect(filled(region!, 64, 72)).toEqual(largestPart(lesions[n]!.mask.bits, 72));
    }
  });
  test('a lesion on several slices: its segment, its images, its volume', () => {
    const [found, ...planarOnes] = groups(1, false);
    const [object] = volumetric.segmentations.objects;
    expect(found!.kind).toBe('volumetric');
    expect(found!.segment).toEqual([
      object!.sopInstanceUID,
      [1],
      [0, 1, 2, 3].map((index) => slices[index]!.reference.sopInstanceUID),
    ]);
    // 4 slices, 0.8 x 0.7 mm, 2.5 mm apart
    const [mm3, unit] = found!.measurements['118565006']!;
    expect(mm3).toBeCloseTo(4 * lesions[0]!.areaPx * 0.8 * 0.7 * 2.5, 3);
    expect(unit).toBe('mm3');
    for (const group of planarOnes) expect(group.measurements['118565006']).toBeUndefined();
  });
  test('frames of a multi-frame image are named', () => {
    const [found] = groups(2, false);
    expect(found!.frame![3]).toEqual([2]);
  });
});

describe("Cornerstone3D's adapter (dcmjs) reads the lines", () => {
  test('as bidirectional annotations where the axes lie', () => {
    expect(annotationsIn(planar.reports[0]!.bytes)).toEqual(
      lesions.map(({ located, axes }, n) => ({
        image: located.slice.reference.sopInstanceUID,
        points: [...axes.longAxis, ...axes.shortAxis].map(({ column, row }) => [column + 0.5, row + 0.5]),
        length: 12,
        width: 7.5,
        finding: n === 0 ? '4147007' : '52988006',
      })),
    );
  });
});

describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy', (peers) => {
  test.each(['planar', 'volumetric', 'multi-frame'].map((name, index) => [name, index] as const))(
    '%s: no error',
    (_, index) => {
      expect(errorsOfDciodvfy(peers.dciodvfy, files[index]!)).toEqual([]);
    },
  );
});

/** DCMTK's reader of structured reports lies beside its dump. */
describeWith({ dsrdump: dcmdump()?.replace(/dcmdump$/, 'dsrdump') }, 'dsrdump', (peers) => {
  test('takes every item, without a warning', () => {
    for (const bytes of files) expect(complaintsOfDsrdump(peers.dsrdump, bytes)).toEqual([]);
  });
});

describeWith({ pixelmed: pixelmed() }, 'PixelMed', (peers) => {
  test('knows the templates of reports and rejection notes and finds no error', () => {
    const { segmentations, reports } = planar;
    const { equipment, createdAt } = requestFor(lesions);
    const notes = (['superseded', 'wrong-patient'] as const).map((cause) => {
      const rejected = [...segmentations.objects, ...reports].map(({ bytes }) => dataSetOf(bytes));
      const note = writeRejectionNote({ rejected, cause, equipment, createdAt });
      if (!note.ok) throw new Error(note.error.reason);
      return note.value.bytes;
    });
    expect(readWithPixelmed(peers.pixelmed, [...files, ...notes])).toEqual([
      ...files.map(() => ({ errors: [], template: 'TID_1500' })),
      ...notes.map(() => ({ errors: [], template: 'TID_2010' })),
    ]);
  }, 300_000);
});

function annotationsIn(bytes: Uint8Array): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'seg-writer-'));
  try {
    const path = join(folder, 'report.dcm');
    writeFileSync(path, bytes);
    const images = slices.map(({ reference }) => reference.sopInstanceUID);
    const run = spawnSync(process.execPath, ['test/seg-writer/read_lines_by_dcmjs.mjs', path, ...images], {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return JSON.parse(run.stdout) as unknown;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Pixels whose centres lie inside a polygon of corners (even-odd rule). */
function filled(region: readonly (readonly [number, number])[], rows: number, columns: number): Uint8Array {
  const bits = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let inside = false;
      for (let i = 1; i < region.length; i++) {
        const [ax, ay] = region[i - 1]!;
        const [bx, by] = region[i]!;
        if (ay > row + 0.5 !== by > row + 0.5 && column + 0.5 < ((bx - ax) * (row + 0.5 - ay)) / (by - ay) + ax)
          inside = !inside;
      }
      if (inside) bits[row * columns + column] = 1;
    }
  return bits;
}

/** The masks of these tests have one pixel apart from the rest, which no outline goes round. */
function largestPart(bits: Uint8Array, columns: number): Uint8Array {
  const part = bits.slice();
  for (const [at, bit] of bits.entries())
    if (bit === 1 && ![at - 1, at + 1, at - columns, at + columns].some((beside) => bits[beside] === 1)) part[at] = 0;
  return part;
}
