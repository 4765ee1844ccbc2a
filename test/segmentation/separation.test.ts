import { describe, expect, it } from '@jest/globals';
import { gridPlan } from '../../src/segmentation/grabcut/grid.js';
import { separationOf } from '../../src/segmentation/separation.js';
import { shapeWeight } from '../../src/segmentation/shape-anchored-seeds.js';

/** A slice of one row with rho written down for every pixel. */
function separation(pixels: readonly (readonly [rho: number, hu: number])[], low = -1000, high = 1000): number {
  const width = pixels.length;
  const plan = gridPlan(width, 1);
  const rho = new Float64Array(plan.pixels);
  pixels.forEach(([r], x) => (rho[plan.stride + 1 + x] = r));
  const hu = Float32Array.from(pixels, ([, v]) => v);
  const part = { hu, columns: width, window: { left: 0, top: 0, width, height: 1 }, plan };
  return separationOf(part, rho, 10, { low, high });
}

describe('how well the image tells a lesion from its surroundings', () => {
  it('is the distance of the means over the root of the mean variance and 25', () => {
    // inside 40 and 60 (mean 50, variance 100), around 0 and 20 (mean 10, variance 100)
    const around = [
      [1.3, 0],
      [1.5, 20],
    ] as const;
    const expected = 40 / Math.sqrt(100 + 25);
    expect(separation([[0.1, 40], [0.8, 60], ...around])).toBeCloseTo(expected, 12);
    // what lies between them, or far away, does not count
    expect(separation([[0.1, 40], [0.8, 60], ...around, [1, 900], [1.2, -900], [1.71, 700]])).toBeCloseTo(expected, 12);
  });

  it('knows nothing outside the grey window', () => {
    expect(
      separation(
        [
          [0, 300],
          [1.4, 900],
        ],
        -160,
        240,
      ),
    ).toBe(0);
  });

  it('is nothing where there is nothing to compare', () => {
    expect(separation([[0, 50]])).toBe(0);
    expect(separation([[1.4, 50]])).toBe(0);
  });
});

describe('the weight of the shape', () => {
  it('is small where the image speaks or the lesion is small, and large where neither is', () => {
    expect(shapeWeight(3, 0)).toBe(2);
    expect(shapeWeight(100, 2.5)).toBeCloseTo(2, 12);
    expect(shapeWeight(100, 9)).toBeCloseTo(2, 12);
    expect(shapeWeight(24, 1)).toBeCloseTo(12, 12);
    expect(shapeWeight(100, 0)).toBeCloseTo(12, 12);
  });

  it('never falls with size nor rises with separation', () => {
    for (let radius = 1; radius < 60; radius += 0.7)
      for (let separation = 0; separation < 4; separation += 0.13) {
        const weight = shapeWeight(radius, separation);
        expect(shapeWeight(radius * 1.2, separation)).toBeGreaterThanOrEqual(weight);
        expect(shapeWeight(radius, separation + 0.2)).toBeLessThanOrEqual(weight);
      }
  });
});
