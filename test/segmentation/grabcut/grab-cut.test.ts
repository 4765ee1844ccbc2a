import { describe, expect, it } from '@jest/globals';
import {
  beginGrabCut,
  createGrabCutWorkspace,
  grabCut,
  grabCutInto,
  iterateGrabCut,
  loadPicture,
  startMixtures,
  type GrabCutSettings,
  type GrabCutWorkspace,
  type SeededPicture,
} from '../../../src/segmentation/grabcut/grab-cut.js';
import { gridPlan, type GridPlan } from '../../../src/segmentation/grabcut/grid.js';
import { refitMixture, type Mixture } from '../../../src/segmentation/grabcut/mixture.js';
import { hardEnergy, type Gaussian } from '../reference/hard-energy.js';
import { numbersFrom } from '../reference/picture.js';

const HARD: GrabCutSettings = {
  energy: 'hard',
  components: 3,
  variance: { kind: 'floor', least: 25 },
  gamma: 2,
  mostData: Infinity,
  iterations: 8,
  seed: 1,
};
const OPENCV: GrabCutSettings = {
  ...HARD,
  energy: 'soft',
  components: 5,
  variance: { kind: 'add', more: 1 / 300 },
  gamma: 50,
};

/** A bright disc in noise with seeds by distance, some of them wrong on purpose. */
function noisyDisc(seed: number): SeededPicture {
  const numbers = numbersFrom(seed);
  const width = 12 + numbers(20);
  const height = 12 + numbers(20);
  const contrast = 20 + numbers(200);
  const noise = 1 + numbers(80);
  const grey: number[] = [];
  const seeds: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const r = Math.hypot(x - width / 2, y - height / 2) / (width / 4);
      grey.push(300 + (r < 1 ? contrast : 0) + numbers(noise) + numbers(noise) + numbers(noise));
      seeds.push(r < 0.4 ? 1 : r > 1.8 ? 0 : numbers(10) === 0 ? 2 + numbers(2) : r < 1 ? 3 : 2);
    }
  }
  return { width, height, grey, seeds };
}

const gaussians = (m: Mixture): Gaussian[] =>
  Array.from({ length: m.size }, (_, k) => ({ weight: m.weight[k]!, mean: m.mean[k]!, variance: m.variance[k]! }));

function labels(ws: GrabCutWorkspace, plan: GridPlan): number[] {
  const all: number[] = [];
  for (let y = 1; y <= plan.height; y++) for (let x = 1; x <= plan.width; x++) all.push(ws.label[y * plan.stride + x]!);
  return all;
}

describe('GrabCut', () => {
  it('never raises its energy, whichever of the three unknowns is changed', () => {
    for (let seed = 0; seed < 80; seed++) {
      const picture = noisyDisc(seed);
      const { width, height, grey } = picture;
      const plan = gridPlan(width, height);
      const ws = createGrabCutWorkspace(plan.pixels);
      const settings = { ...HARD, gamma: [0, 2, 10, 50][seed % 4]! };
      loadPicture(ws, plan, picture);
      beginGrabCut(ws, plan, settings);
      startMixtures(ws, settings);
      const energyOf = (label: ArrayLike<number>): number =>
        hardEnergy(
          width,
          height,
          grey,
          label,
          { foreground: gaussians(ws.foreground.mixture), background: gaussians(ws.background.mixture) },
          settings.gamma,
        );
      let energy = energyOf(labels(ws, plan));
      for (let round = 0; round < 4; round++) {
        const before = labels(ws, plan);
        iterateGrabCut(ws, plan, settings);
        const refitted = energyOf(before);
        const cut = energyOf(labels(ws, plan));
        expect(refitted).toBeLessThanOrEqual(energy + 1e-6);
        // capacities are rounded to 2^-16 nat
        expect(cut).toBeLessThanOrEqual(refitted + (5 * width * height) / 2 ** 17);
        energy = cut;
      }
    }
  });

  it('never changes a sure pixel', () => {
    for (let seed = 0; seed < 60; seed++) {
      const picture = noisyDisc(seed);
      for (const settings of [HARD, OPENCV]) {
        const label = grabCut(picture, settings);
        const changed = Array.from(picture.seeds).filter((seed, i) => seed < 2 && label[i] !== seed);
        expect(changed).toEqual([]);
      }
    }
  });

  it('gives the same in used memory as in new', () => {
    const ws = createGrabCutWorkspace(40 * 40);
    for (let seed = 0; seed < 60; seed++) {
      const picture = noisyDisc(seed);
      const plan = gridPlan(picture.width, picture.height);
      loadPicture(ws, plan, picture);
      grabCutInto(ws, plan, HARD);
      expect(labels(ws, plan)).toEqual(Array.from(grabCut(picture, HARD)));
    }
  });

  it('adds the shape term to what the grey values say', () => {
    const picture = { width: 3, height: 1, grey: [10, 20, 10], seeds: [0, 2, 1] };
    const plan = gridPlan(3, 1);
    const ws = createGrabCutWorkspace(plan.pixels);
    for (const [shape, expected] of [
      [-50, 1],
      [50, 0],
    ] as const) {
      loadPicture(ws, plan, picture);
      ws.shape[plan.stride + 2] = shape * 2 ** 16;
      grabCutInto(ws, plan, { ...HARD, mostData: 20 });
      expect(labels(ws, plan)[1]).toBe(expected);
    }
  });

  it('says when there is nothing to cut by', () => {
    const ws = createGrabCutWorkspace(100);
    const tryOut = (grey: number[], seeds: number[]) => {
      const plan = gridPlan(2, 2);
      loadPicture(ws, plan, { width: 2, height: 2, grey, seeds });
      return grabCutInto(ws, plan, HARD);
    };
    expect(tryOut([1, 2, 3, 4], [1, 3, 3, 1])).toBe('one-side-empty');
    expect(tryOut([1, 2, 3, 4], [0, 2, 2, 2])).toBe('one-side-empty');
    expect(tryOut([7, 7, 7, 7], [0, 2, 3, 1])).toBe('one-grey-value');
    expect(tryOut([7, 7, 8, 8], [0, 2, 3, 1])).toBe('ready');
  });

  it('refuses a window that does not fit its memory', () => {
    expect(() => grabCutInto(createGrabCutWorkspace(10), gridPlan(3, 3), HARD)).toThrow(RangeError);
  });
});

describe('a mixture', () => {
  it('drops a component that got no pixels', () => {
    const ws = createGrabCutWorkspace(64);
    const plan = gridPlan(4, 1);
    loadPicture(ws, plan, { width: 4, height: 1, grey: [0, 0, 100, 100], seeds: [0, 2, 3, 1] });
    beginGrabCut(ws, plan, HARD);
    startMixtures(ws, HARD);
    expect(ws.foreground.mixture.size).toBe(1);
    expect(ws.foreground.mixture.mean[0]).toBe(100);
    expect(ws.foreground.mixture.variance[0]).toBe(25);
    expect(ws.background.mixture.mean[0]).toBe(0);
  });

  it('refits to share, mean and variance of what is assigned to it', () => {
    const ws = createGrabCutWorkspace(64);
    const mixture = ws.foreground.mixture;
    mixture.size = 2;
    const histogram = {
      levels: 4,
      value: Float64Array.of(10, 20, 100, 140),
      count: Int32Array.of(3, 1, 2, 2),
    };
    refitMixture(mixture, histogram, Uint8Array.of(0, 0, 1, 1), { kind: 'floor', least: 25 });
    expect(gaussians(mixture)).toEqual([
      { weight: 0.5, mean: 12.5, variance: 25 },
      { weight: 0.5, mean: 120, variance: 400 },
    ]);
  });
});
