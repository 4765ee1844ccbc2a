import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readExpertMask, readLesionSet, readSeed } from '../../src/dataset/index.js';
import type { ReasonCode } from '../../src/domain/index.js';
import type { ReportNumber } from '../../src/ledger/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { lesionViews, type CandidateContour } from '../../src/pipeline/index.js';
import { openPage, type OpenPage } from '../operations/open-page.js';
import { harvestSmallWorld } from './harvest-small-world.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';

/** Every contour is held, people decide through the page's interface, the daemon stores what they chose, and a harvest takes it from the archive. */
jest.setTimeout(240_000);

const REVIEWER = 'loopback';
const scratch = mkdtempSync(join(tmpdir(), 'caliper-reviewed-'));
let small: SmallWorld;
let held: SmallWorld['world'];
let page: OpenPage;
let shown: CandidateContour;
let measurements: number;

const story = async () => (await held.ledger.reportByNumber(1 as ReportNumber))!;

beforeAll(async () => {
  small = await smallWorld('live', {}, makePhantomStudy(1).files);
  held = { ...small.world, rules: small.world.rules.map((rule) => ({ ...rule, holdBelowAgreement: 1 })) };
  await small.work(held);
  page = await openPage({ ...small, world: held });
  const run = (await story()).runs[0]!;
  measurements = run.measurements.length;
  const view = (await lesionViews(await story(), held)).get(run.measurements[0]!.key)!;
  if (!view.ok) throw new Error(view.error);
  // not the one that the harvest would draw itself
  shown = view.value.candidates.at(-1)!;
  const decide = async (measurement: number, candidate: string, maskSha256: string | null) => {
    const answer = await fetch(`${page.server.url}api/v1/reports/r-1/measurements/${measurement}/choice`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ run: run.id, candidate, maskSha256 }),
    });
    expect(answer.ok).toBe(true);
  };
  await decide(2, 'none', null);
  await decide(1, shown.name, shown.maskSha256);
});
afterAll(async () => {
  await page?.server.close();
  await small?.close();
  rmSync(scratch, { recursive: true, force: true });
});

const harvested = (name: string, labels: 'weak' | 'reviewed') => harvestSmallWorld(small, scratch, name, { labels });

function lostOf(out: string): Partial<Record<ReasonCode, number>> {
  const { stages } = JSON.parse(readFileSync(join(out, 'funnel.json'), 'utf8')) as {
    stages: { stage: string; lost: Partial<Record<ReasonCode, number>> }[];
  };
  return stages.find(({ stage }) => stage === 'labelled')!.lost;
}

test('what was chosen and is not stored yet is no label', async () => {
  const out = await harvested('early', 'reviewed');
  expect(lostOf(out)).toEqual({
    'review-not-stored': 1,
    'rejected-by-reviewer': 1,
    'not-reviewed': measurements - 2,
  });
});

test('what was chosen and stored is the mask of an expert, pixel by pixel; none and no word are counted', async () => {
  await small.work(held);
  expect((await story()).runs[0]!.measurements[0]).toMatchObject({ outcome: 'stored' });
  const out = await harvested('reviewed', 'reviewed');
  expect(lostOf(out)).toEqual({ 'rejected-by-reviewer': 1, 'not-reviewed': measurements - 2 });

  const set = await readLesionSet(out);
  if (!set.ok) throw new Error(set.error.says);
  expect(set.value.refused).toEqual([]);
  expect(set.value.rows).toHaveLength(1);
  const row = set.value.rows[0]!;
  expect([...set.value.masks]).toEqual([row.id]);
  const mask = await readExpertMask(set.value, row);
  if (!mask.ok) throw new Error(mask.error);
  expect(Buffer.from(mask.value.bits).equals(Buffer.from(shown.lesion.mask.bits))).toBe(true);
  expect(row.record.get('area_px')).toBe(String(mask.value.bits.reduce((sum, bit) => sum + bit, 0)));
  expect(row.record.get('origin')).toMatch(new RegExp(`^reviewed ${shown.name}, `));
  expect(row.exactMarks).toBeDefined();
  // the weak label is beside it, as in every harvest
  const weak = await readLesionSet(await harvested('weak', 'weak'));
  if (!weak.ok) throw new Error(weak.error.says);
  const same = weak.value.rows.find(({ id }) => id === row.id)!;
  expect(weak.value.masks.size).toBe(0);
  expect(await readSeed(set.value, row)).toEqual(await readSeed(weak.value, same));
});

test('who decided is nowhere in the set', () => {
  expect(page.audited.some(({ by }) => by?.name === REVIEWER)).toBe(true);
  const out = join(scratch, 'reviewed');
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files)
    expect(readFileSync(join(file.parentPath, file.name), 'latin1').includes(REVIEWER)).toBe(false);
});
