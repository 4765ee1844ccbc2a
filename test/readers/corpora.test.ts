import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialiseCodecs } from '../../src/dicom/index.js';
import { describeWith, shared } from '../environment/peers.js';
import {
  faultsOf,
  programs,
  READERS,
  surprises,
  writtenSeries,
  type Case,
  type Faults,
  type Reader,
} from './matrix.js';
import type { WrittenSeries } from './matrix.js';
import { makeSeries } from './series.js';

/** Readers that share no decoder with each other. */
const INDEPENDENT: readonly Reader[] = ['pydicom', 'dcmqi', 'Cornerstone3D'];

/** Every CT image of the collections of real files: a segmentation on it that independent readers decode alike, or a reason why there is none. */
describeWith({ ...programs, shared: shared() }, 'every CT image of the collections', (peers) => {
  const folder = mkdtempSync(join(tmpdir(), 'corpora-'));
  let faults: ReadonlyMap<Case, Faults> = new Map();
  let series: readonly WrittenSeries[] = [];

  beforeAll(async () => {
    await initialiseCodecs();
    const collections = ['sr-corpus', 'seg-corpus', 'data/studies'].map((name) => join(peers.shared, name));
    series = makeSeries(peers.python, join(folder, 'series'), collections).map((truth, n) =>
      writtenSeries(truth, join(folder, 'objects', String(n))),
    );
    faults = await faultsOf(
      series.flatMap(({ cases }) => cases),
      peers,
      folder,
    );
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is written on, or refused with its reason', () => {
    const counts: Record<string, number> = {};
    const count = (what: string, images: number): void => void (counts[what] = (counts[what] ?? 0) + images);
    for (const { cases, refused, request } of series) {
      for (const { segments } of cases) count('written', segments.length);
      for (const reason of [...refused, ...request.refused.values()]) count(reason, 1);
    }
    expect(counts).toEqual({
      written: 146,
      'no-frame-of-reference': 46,
      // headers that were published without their pixels, a perfusion map, and an image whose identifier cannot be read
      'no-pixel-data': 3,
      'pixels-not-hu': 2,
      'source-header-invalid: SOPInstanceUID': 1,
    });
    expect(series.flatMap(({ truth }) => truth.images)).toHaveLength(198);
  });

  test('is decoded alike by at least two readers', () => {
    const lonely = series.flatMap(({ truth, cases }) =>
      cases.flatMap((one) => {
        const found = INDEPENDENT.map((reader) => faults.get(one)![reader]);
        return found.filter((fault) => fault === undefined).length >= 2 ? [] : [`${truth.name}: ${found.join('; ')}`];
      }),
    );
    expect(lonely).toEqual([]);
  });

  test.each(READERS)('has no fault in %s that the object does not warn of', (reader) => {
    const found = series.flatMap(({ truth, cases }) =>
      surprises(cases, faults, reader).map((fault) => `${truth.name}: ${fault}`),
    );
    expect(found).toEqual([]);
  });
});
