import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelPool } from '../../src/compute/index.js';
import { readPart10 } from '../../src/dicom/index.js';
import { fail, TAG } from '../../src/domain/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { harvestSmallWorld } from './harvest-small-world.js';

/** Slices beside the marked ones, where the worker that makes their pictures ends in the middle. */
jest.setTimeout(240_000);

const scratch = mkdtempSync(join(tmpdir(), 'caliper-context-'));
let small: SmallWorld;

beforeAll(async () => {
  small = await smallWorld('shadow', {}, makePhantomStudy(1).files);
});
afterAll(async () => {
  await small?.close();
  rmSync(scratch, { recursive: true, force: true });
});

interface Line {
  readonly id: string;
  readonly slices: readonly number[];
  readonly context_ended_by: readonly (string | null)[];
}

const linesOf = (out: string): readonly Line[] =>
  readFileSync(join(out, 'provenance.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

const digestsOf = (out: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(out.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );

const instanceOf = (bytes: Uint8Array): string => {
  const file = readPart10(bytes);
  return (file.ok ? file.value.dataSet.text(TAG.SOPInstanceUID) : undefined) ?? '';
};

/** Kernels whose worker ends so often with each neighbour that is chosen; counts how often each was asked for. */
function crashing(times: number, chosen: (instance: string) => boolean) {
  const asked = new Map<string, number>();
  const { kernels } = small.world;
  const crash: KernelPool = {
    ...kernels,
    slicePicture(bytes, frame) {
      const instance = instanceOf(bytes);
      const count = (asked.get(instance) ?? 0) + 1;
      asked.set(instance, count);
      return chosen(instance) && count <= times
        ? Promise.resolve(fail('worker-crashed'))
        : kernels.slicePicture(bytes, frame);
    },
  };
  return { kernels: crash, asked };
}

test('a worker that ends is no end of the context: the slice is tried again, and the set is the same', async () => {
  const whole = await harvestSmallWorld(small, scratch, 'whole', { contextMm: 5 });
  const once = crashing(1, () => true);
  const again = await harvestSmallWorld(small, scratch, 'again', { contextMm: 5, kernels: once.kernels });
  expect(once.asked.size).toBeGreaterThan(2);
  expect(digestsOf(again)).toEqual(digestsOf(whole));
  expect(linesOf(whole).every(({ context_ended_by: ended }) => ended.every((reason) => reason === null))).toBe(true);
});

test('one that ends every time ends the context on its side, and the row says by what', async () => {
  const first = crashing(0, () => true);
  await harvestSmallWorld(small, scratch, 'looked', { contextMm: 5, kernels: first.kernels });
  const [victim] = [...first.asked.keys()].sort();
  const never = crashing(Number.POSITIVE_INFINITY, (instance) => instance === victim);
  const cut = await harvestSmallWorld(small, scratch, 'cut', { contextMm: 5, kernels: never.kernels });
  const before = linesOf(join(scratch, 'looked'));
  const after = linesOf(cut);
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  const ended = after.filter(({ context_ended_by: by }) => by.includes('worker-crashed'));
  expect(ended.length).toBeGreaterThan(0);
  for (const line of after) {
    const had = before.find(({ id }) => id === line.id)!;
    if (ended.includes(line)) expect(line.slices.length).toBeLessThan(had.slices.length);
    else expect(line).toEqual(had);
  }
  // given to a worker three times by each who needed it
  expect(never.asked.get(victim!)! % 3).toBe(0);
});
