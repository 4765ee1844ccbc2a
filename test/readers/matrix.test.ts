import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialiseCodecs } from '../../src/dicom/index.js';
import type { SegmentationType } from '../../src/seg-writer/index.js';
import { describeWith } from '../environment/peers.js';
import {
  faultsOf,
  programs,
  READERS,
  surprises,
  writtenSeries,
  type Case,
  type Faults,
  type Reader,
  type WrittenSeries,
} from './matrix.js';
import { makeSeries } from './series.js';
import { keepTable } from './table.js';

interface Expected {
  readonly name: string;
  readonly objects?: number;
  readonly warnings?: readonly string[];
  readonly type?: SegmentationType;
  /** Readers that do not know the form, by what is known of them. */
  readonly not?: readonly Reader[];
}

const SPLIT = ['geometry.one-object-a-slice'];
const ODD_COLUMNS = ['reader.orthanc-columns-not-whole-bytes'];

/** Every geometry that make_series.py makes, in its order; one object and no warning where nothing is said. */
const MADE: readonly Expected[] = [
  { name: 'axial' },
  { name: 'coronal' },
  { name: 'sagittal' },
  { name: 'oblique' },
  { name: 'gantry tilt', objects: 3, warnings: SPLIT },
  { name: 'gantry tilt, one slice marked' },
  { name: 'rows flipped' },
  { name: 'columns flipped' },
  { name: 'rows and columns flipped' },
  { name: 'axes exchanged' },
  { name: 'anisotropic pixels' },
  { name: 'descending' },
  { name: 'two slices at one position', objects: 4, warnings: SPLIT },
  { name: 'slices missing' },
  { name: 'irregular steps', objects: 3, warnings: SPLIT },
  { name: 'sheared', objects: 3, warnings: SPLIT },
  { name: 'slices overlap (5 mm every 2.5)' },
  { name: 'no slice thickness', warnings: ['geometry.thickness-from-step'] },
  { name: 'one slice alone' },
  { name: 'several series', objects: 2 },
  { name: 'overlapping lesions', objects: 3 },
  { name: 'enhanced multi-frame' },
  { name: 'enhanced multi-frame, gantry tilt', objects: 3, warnings: SPLIT },
  { name: 'legacy converted' },
  {
    name: 'odd size 61 x 67',
    objects: 4,
    warnings: ['reader.cornerstone-pad-byte', 'reader.itk-frames-not-whole-bytes', ...ODD_COLUMNS],
  },
  { name: 'columns no multiple of 8 (60 x 66)', warnings: ODD_COLUMNS },
  { name: 'odd number of pixels, one frame (61 x 72)', warnings: ['reader.cornerstone-pad-byte'] },
  { name: '512 x 512' },
  { name: 'forty frames' },
  { name: 'lesions over several slices' },
  { name: 'lesions over several slices, gantry tilt', objects: 5, warnings: SPLIT },
  { name: 'lesions over several slices, enhanced multi-frame' },
  { name: 'a lesion over 300 slices' },
  { name: 'LABELMAP', type: 'labelmap', not: ['dciodvfy', 'PixelMed', 'itk-wasm'] },
  { name: 'FRACTIONAL', type: 'fractional', not: ['dcmqi', 'itk-wasm'] },
  { name: 'Latin-1 name' },
  { name: 'Japanese name', warnings: ['header.character-sets-converted'] },
];

/**
 * Series of every geometry, made by other people's software, with ragged masks; the segmentations written on them, in every reader there is:
 * each voxel at its place. CALIPER_READERS_TABLE=FILE keeps the table that docs/conformance.md is made of.
 */
describeWith(programs, "segmentations in other people's readers", (peers) => {
  const folder = mkdtempSync(join(tmpdir(), 'readers-'));
  let faults: ReadonlyMap<Case, Faults> = new Map();
  let made: readonly WrittenSeries[] = [];

  beforeAll(async () => {
    await initialiseCodecs();
    made = makeSeries(peers.python, join(folder, 'made')).map((truth, n) =>
      writtenSeries(truth, join(folder, 'made-objects', String(n)), MADE[n]?.type),
    );
    faults = await faultsOf(
      made.flatMap((series) => series.cases),
      peers,
      folder,
    );
    keepTable(made, faults, peers);
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('the geometries are those of the list', () => {
    expect(made.map(({ truth }) => truth.name)).toEqual(MADE.map(({ name }) => name));
  });

  describe.each(MADE.map((expected, index) => ({ ...expected, index })))(
    '$name',
    ({ objects, warnings, not, index }) => {
      test('is written whole', () => {
        const { cases, refused, request, truth } = made[index]!;
        expect([...refused, ...request.refused.values()]).toEqual([]);
        expect(cases).toHaveLength(objects ?? 1);
        expect(cases.flatMap(({ segments }) => segments)).toHaveLength(truth.lesions.flat().length);
        expect([...new Set(cases.flatMap(({ object }) => object.warnings))].sort()).toEqual(warnings ?? []);
        expect(new Set(cases.map(({ object }) => object.seriesInstanceUID)).size).toBe(cases.length);
      });
      test.each(READERS.filter((reader) => !not?.includes(reader)))('%s', (reader) => {
        expect(surprises(made[index]!.cases, faults, reader)).toEqual([]);
      });
    },
  );
});
