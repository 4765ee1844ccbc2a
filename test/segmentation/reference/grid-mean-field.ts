import type { CrfPicture } from '../../../src/segmentation/crf/crf-layout.js';
import type { CrfSettings } from '../../../src/segmentation/crf/crf-settings.js';

/**
 * The same approximation as the product's (quadratic B-splines, a grid over column, row and HU with `perSigma` nodes a standard deviation, its own
 * normalisation) in plain TypeScript and double precision: 27 nodes a pixel, one node after the other, no layout.
 */
export function gridMeanField(picture: CrfPicture, settings: CrfSettings, perSigma: number): number[] {
  const { rows, columns, spacing, hu, probability } = picture;
  const { spatial, bilateral, iterations } = settings;
  const n = rows * columns;
  const cell = {
    x: bilateral.sigmaMm / spacing.betweenColumns / perSigma,
    y: bilateral.sigmaMm / spacing.betweenRows / perSigma,
    z: bilateral.sigmaHu / perSigma,
  };
  const places = Array.from({ length: n }, (_, p) =>
    nodesOf(
      ((p % columns) - (columns - 1) / 2) / cell.x,
      (Math.floor(p / columns) - (rows - 1) / 2) / cell.y,
      hu[p]! / cell.z,
    ),
  );
  const onGrid = (values: readonly number[]): number[] => {
    let grid = new Map<string, number>();
    places.forEach((nodes, p) =>
      nodes.forEach(({ key, weight }) => grid.set(key, (grid.get(key) ?? 0) + weight * values[p]!)),
    );
    for (const axis of [0, 1, 2]) grid = blurred(grid, axis, perSigma);
    return places.map((nodes) => nodes.reduce((sum, { key, weight }) => sum + weight * (grid.get(key) ?? 0), 0));
  };
  const inPlane = (values: readonly number[]): number[] =>
    alongRows(
      alongColumns(values, columns, spatial.sigmaMm / spacing.betweenColumns),
      columns,
      spatial.sigmaMm / spacing.betweenRows,
    );

  const self = settings.selfTerm === 'kept' ? 0 : 1;
  const kernels = [
    { weight: spatial.weight, apply: inPlane },
    { weight: bilateral.weight, apply: onGrid },
  ].map(({ weight, apply }) => {
    const without = (values: readonly number[]): number[] => apply(values).map((v, p) => v - self * values[p]!);
    const norm = without(new Array<number>(n).fill(1)).map((v) => 1 / Math.sqrt(Math.max(v, 0.01)));
    return (field: readonly number[]): number[] =>
      without(field.map((v, p) => v * norm[p]!)).map((v, p) => weight * norm[p]! * v);
  });
  const bias = Array.from(probability, (p) => Math.log(Math.max(p, 1e-5)) - Math.log(Math.max(1 - p, 1e-5)));
  let field = bias.map((x) => Math.tanh(x / 2));
  for (let i = 0; i < iterations; i++) {
    const support = kernels.map((kernel) => kernel(field));
    field = bias.map((x, p) => Math.tanh((x + support[0]![p]! + support[1]![p]!) / 2));
  }
  return field.map((z) => (1 + z) / 2);
}

interface NodeWeight {
  readonly key: string;
  readonly weight: number;
}

function nodesOf(...place: readonly [number, number, number]): NodeWeight[] {
  let nodes = [{ at: [] as number[], weight: 1 }];
  for (const u of place) {
    const nearest = Math.round(u);
    nodes = nodes.flatMap(({ at, weight }) =>
      [-1, 0, 1].map((step) => ({ at: [...at, nearest + step], weight: weight * spline(u - nearest - step) })),
    );
  }
  return nodes.map(({ at, weight }) => ({ key: at.join(), weight }));
}

/** The quadratic B-spline. */
function spline(t: number): number {
  const d = Math.abs(t);
  return d <= 0.5 ? 0.75 - d * d : d <= 1.5 ? 0.5 * (1.5 - d) ** 2 : 0;
}

function blurred(grid: Map<string, number>, axis: number, perSigma: number): Map<string, number> {
  const variance = perSigma ** 2 - 0.5;
  const radius = Math.ceil(4 * Math.sqrt(variance));
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const taps = offsets.map((k) => Math.exp((-k * k) / (2 * variance)));
  const scale = (Math.sqrt(2 * Math.PI) * perSigma) / taps.reduce((sum, tap) => sum + tap, 0);
  const out = new Map<string, number>();
  for (const [key, value] of grid) {
    const at = key.split(',').map(Number);
    offsets.forEach((k, i) => {
      const to = at.map((v, a) => (a === axis ? v + k : v)).join();
      out.set(to, (out.get(to) ?? 0) + scale * taps[i]! * value);
    });
  }
  return out;
}

const alongColumns = (values: readonly number[], columns: number, sigma: number): number[] =>
  values.map((_, p) => {
    let sum = 0;
    for (let x = 0, row = p - (p % columns); x < columns; x++)
      sum += gaussian(x - (p % columns), sigma) * values[row + x]!;
    return sum;
  });

const alongRows = (values: readonly number[], columns: number, sigma: number): number[] =>
  values.map((_, p) => {
    let sum = 0;
    for (let q = p % columns; q < values.length; q += columns) sum += gaussian((q - p) / columns, sigma) * values[q]!;
    return sum;
  });

const gaussian = (d: number, sigma: number): number =>
  Math.abs(d) <= Math.ceil(4 * sigma) ? Math.exp((-d * d) / (2 * sigma * sigma)) : 0;
