import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import {
  beginGrabCut,
  createGrabCutWorkspace,
  iterateGrabCut,
  loadPicture,
} from '../../../src/segmentation/grabcut/grab-cut.js';
import { gridPlan } from '../../../src/segmentation/grabcut/grid.js';
import type { Mixture } from '../../../src/segmentation/grabcut/mixture.js';
import { GRABCUT_PAPER } from '../../../src/segmentation/grabcut-settings.js';

interface Models {
  readonly weight: readonly number[];
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

/** A picture, a trimap, OpenCV's first models, and the mask it makes from them. */
interface OpencvCase {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly rounds: number;
  readonly grey: Uint8Array;
  readonly seeds: Uint8Array;
  readonly mask: Uint8Array;
  readonly background: Models;
  readonly foreground: Models;
}

type Packed = { grey: string; seeds: string; mask: string; background: Models; foreground: Models };

const json = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** Discs in noise (reference/opencv-masks.py): variances without what OpenCV adds to the diagonal. */
function discs(): OpencvCase[] {
  const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
  const added = (models: Models): Models => ({ ...models, variance: models.variance.map((v) => v + 1 / 300) });
  const { cases } = json('../reference/opencv-masks.json') as {
    cases: (Packed & { size: number; rounds: number })[];
  };
  return cases.map((c, i) => ({
    name: `disc ${i}`,
    width: c.size,
    height: c.size,
    rounds: c.rounds,
    grey: bytes(c.grey),
    seeds: bytes(c.seeds),
    mask: bytes(c.mask),
    background: added(c.background),
    foreground: added(c.foreground),
  }));
}

/** Real lesions with the seeding of the paper (fixtures/grabcut/make-lesions.mjs). */
function lesions(): OpencvCase[] {
  const bytes = (text: string): Uint8Array => Uint8Array.from(inflateRawSync(Buffer.from(text, 'base64')));
  const { cases, rounds } = json('../../fixtures/grabcut/lesions.json') as {
    rounds: number;
    cases: (Packed & { id: string; width: number; height: number })[];
  };
  return cases.map((c) => ({
    ...c,
    name: c.id,
    rounds,
    grey: bytes(c.grey),
    seeds: bytes(c.seeds),
    mask: bytes(c.mask),
  }));
}

function maskFrom(c: OpencvCase): number[] {
  const plan = gridPlan(c.width, c.height);
  const ws = createGrabCutWorkspace(plan.pixels);
  loadPicture(ws, plan, c);
  beginGrabCut(ws, plan, GRABCUT_PAPER);
  setMixture(ws.background.mixture, c.background);
  setMixture(ws.foreground.mixture, c.foreground);
  for (let round = 0; round < c.rounds; round++) iterateGrabCut(ws, plan, GRABCUT_PAPER);
  const label: number[] = [];
  for (let y = 1; y <= c.height; y++) for (let x = 1; x <= c.width; x++) label.push(ws.label[y * plan.stride + x]!);
  return label;
}

/** OpenCV keeps components without pixels, with weight 0. */
function setMixture(mixture: Mixture, { weight, mean, variance }: Models): void {
  mixture.size = 0;
  weight.forEach((share, k) => {
    if (share === 0) return;
    const i = mixture.size++;
    mixture.weight[i] = share;
    mixture.mean[i] = mean[k]!;
    mixture.variance[i] = variance[k]!;
    mixture.least[i] = -Math.log(share) + Math.log(variance[k]!) / 2;
  });
}

describe("OpenCV's GrabCut from the same first models", () => {
  it.each([...discs(), ...lesions()].map((c) => [c.name, c] as const))('gives the same mask: %s', (_, c) => {
    expect(maskFrom(c)).toEqual([...c.mask]);
  });
});
