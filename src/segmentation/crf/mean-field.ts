import { crfLayout, type CrfLayout, type CrfPicture } from './crf-layout.js';
import type { CrfSettings } from './crf-settings.js';
import { splineWeightsInto } from './spline-axis.js';
import { createVectorKernels, type VectorKernels } from './vector-kernels.js';

/**
 * Mean field of a two-class dense CRF (Krähenbühl and Koltun, NIPS 2011, algorithm 1) with Potts' penalty, symmetric normalisation and parallel
 * updates, as pydensecrf computes it. Two classes need one field, z = 2 q - 1 = tanh(x / 2) with x the log odds:
 *
 *     x <- bias + sum over kernels m of w_m D_m^-1/2 K_m D_m^-1/2 z,      D_m = diag(K_m 1)
 *
 * The spatial kernel is filtered exactly (two passes of its Gaussian, cut off at 4 standard deviations), the bilateral one on a grid over column,
 * row and HU (Chen, Paris and Durand, SIGGRAPH 2007), with quadratic B-splines to and from its nodes and its own K 1 for D.
 */
export interface CrfWorkspace {
  readonly kernels: VectorKernels;
}

export const createCrfWorkspace = (): CrfWorkspace => ({ kernels: createVectorKernels() });

/** Probability of foreground of every pixel, rows x columns, after the mean field. */
export function meanField(picture: CrfPicture, settings: CrfSettings): Float32Array {
  const out = new Float32Array(picture.rows * picture.columns);
  meanFieldInto(createCrfWorkspace(), picture, settings, out);
  return out;
}

/**
 * The same into `out`. The workspace grows to the largest picture it has seen; the iterations allocate nothing. Throws RangeError for values that are
 * no numbers, probabilities outside 0 to 1, and grids that are too large (HU far apart for their standard deviation: clip them first).
 */
export function meanFieldInto(
  { kernels }: CrfWorkspace,
  picture: CrfPicture,
  settings: CrfSettings,
  out: Float32Array,
): void {
  const layout = crfLayout(picture, settings);
  const memory = memoryFor(kernels, layout);
  loadPicture(memory, layout, picture);
  const { spatial, bilateral, iterations } = settings;
  const self = settings.selfTerm === 'kept' ? 0 : 1;

  // the norms: what a field of ones becomes
  filter(kernels, memory, layout);
  normsInto(memory, layout, self);

  update(kernels, layout, 0, 0, self);
  for (let i = 0; i < iterations; i++) {
    filter(kernels, memory, layout);
    update(kernels, layout, spatial.weight, bilateral.weight, self);
  }

  const { rows, columns, pitch, at } = layout;
  for (let row = 0, i = 0; row < rows; row++)
    for (let p = at.field + row * pitch, end = p + columns; p < end; p++, i++) out[i] = (1 + memory[p]!) / 2;
}

const PAGE = 65536;
const NUMBER = 4;

/** The kernels' memory as numbers, at least as many as the layout has, and 0 where it must be. */
function memoryFor({ memory }: VectorKernels, { length, cleared }: CrfLayout): Float32Array {
  const missing = NUMBER * length - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return new Float32Array(memory.buffer).fill(0, 0, cleared);
}

/** pydensecrf's bound: no pixel is surer than this. */
const LEAST_PROBABILITY = 1e-5;

/** Weights, log odds, and ones to be filtered. */
function loadPicture(memory: Float32Array, layout: CrfLayout, picture: CrfPicture): void {
  const { at, rows, columns, pitch, run, huCell, firstHuNode, across } = layout;
  const { hu, probability } = picture;
  memory.set(across.weights, at.acrossWeights);
  memory.fill(0, at.acrossWeights + 3 * columns, at.acrossWeights + 3 * columns + 3);
  memory.set(layout.down.weights, at.downWeights);
  memory.set(layout.nodeTaps, at.nodeTaps);
  memory.set(layout.columnTaps, at.columnTaps);
  memory.set(layout.rowTaps, at.rowTaps);
  const bias = memory.subarray(at.bias);
  const spatial = memory.subarray(at.spatialSource);
  const bilateral = memory.subarray(at.bilateralSource);
  const huWeights = memory.subarray(at.huWeights);
  const cells = new Int32Array(memory.buffer, NUMBER * at.cells);
  const { firstNode } = across;
  const nodesPerHu = 1 / huCell;
  for (let row = 0, i = 0; row < rows; row++) {
    let p = row * pitch;
    for (let column = 0; column < columns; column++, p++, i++) {
      const place = hu[i]! * nodesPerHu;
      const node = Math.floor(place + 0.5);
      cells[p] = NUMBER * (firstNode[column]! * run + node - 1 - firstHuNode);
      splineWeightsInto(huWeights, 4 * p, place - node);
      huWeights[4 * p + 3] = 0;
      const q = probability[i]!;
      if (!(q >= 0 && q <= 1)) throw new RangeError('probabilities lie between 0 and 1');
      bias[p] = Math.log(Math.max(q, LEAST_PROBABILITY) / Math.max(1 - q, LEAST_PROBABILITY));
      spatial[p] = 1;
      bilateral[p] = 1;
    }
    // pixels are spread in pairs: of an odd number the last one's partner is this one
    cells[p] = 0;
    huWeights.fill(0, 4 * p, 4 * p + 4);
  }
}

/** Without its self term a pixel unlike all others has no neighbours: the grid, good to about a hundredth, cannot tell how few. */
const LEAST_NEIGHBOURS = 0.01;

function normsInto(memory: Float32Array, { at, rows, columns, pitch }: CrfLayout, self: 0 | 1): void {
  for (let row = 0; row < rows; row++) {
    for (let p = row * pitch, end = p + columns; p < end; p++) {
      const spatial = Math.max(memory[at.spatialFiltered + p]! - self, LEAST_NEIGHBOURS);
      const bilateral = Math.max(memory[at.bilateralFiltered + p]! - self, LEAST_NEIGHBOURS);
      memory[at.spatialNorm + p] = 1 / Math.sqrt(spatial);
      memory[at.bilateralNorm + p] = 1 / Math.sqrt(bilateral);
    }
  }
}

/** K source of both kernels. */
function filter(kernels: VectorKernels, memory: Float32Array, layout: CrfLayout): void {
  filterSpatially(kernels, layout);
  spreadOnGrid(kernels, memory, layout);
  filterGrid(kernels, layout);
  readFromGrid(kernels, layout);
}

function filterSpatially(kernels: VectorKernels, { at, pitch, pixels, columnTaps, rowTaps }: CrfLayout): void {
  const length = NUMBER * pixels;
  const between = NUMBER * at.rowsFiltered;
  const columnTap = NUMBER * at.columnTaps;
  const rowTap = NUMBER * at.rowTaps;
  kernels.convolve(NUMBER * at.spatialSource, between, length, NUMBER, columnTap, columnTap + columnTaps.byteLength);
  const out = NUMBER * at.spatialFiltered;
  kernels.convolve(between, out, length, NUMBER * pitch, rowTap, rowTap + rowTaps.byteLength);
}

/** A row of pixels goes to one row of nodes first, which then goes to three: 9 + 3 x nodes / pixels additions a pixel instead of 27. */
function spreadOnGrid(
  kernels: VectorKernels,
  memory: Float32Array,
  { at, rows, columns, pitch, run, plane, grid, down }: CrfLayout,
): void {
  memory.fill(0, at.spread, at.spread + grid);
  const nodes = NUMBER * at.spreadPlane;
  const length = NUMBER * plane;
  const half = NUMBER * Math.ceil(columns / 2);
  for (let row = 0; row < rows; row++) {
    const p = row * pitch;
    const values = NUMBER * (at.bilateralSource + p);
    const weights = NUMBER * (at.huWeights + 4 * p);
    const cells = NUMBER * (at.cells + p);
    kernels.splatRow(values, half, weights, cells, NUMBER * at.acrossWeights, nodes, NUMBER * run);
    const first = NUMBER * (at.spread + down.firstNode[row]! * plane);
    kernels.spreadPlane(nodes, nodes + length, first, length, NUMBER * (at.downWeights + 3 * row));
  }
}

/** Along HU and columns row by row, which stay in the nearest cache, then along the rows. What is blurred beyond the outermost nodes is never read. */
function filterGrid(kernels: VectorKernels, { at, run, plane, grid, down, nodeTaps }: CrfLayout): void {
  const taps = NUMBER * at.nodeTaps;
  const tapsEnd = taps + nodeTaps.byteLength;
  const length = NUMBER * plane;
  const between = NUMBER * at.huFiltered;
  for (let row = 0; row < down.nodes; row++) {
    kernels.convolve(NUMBER * (at.spread + row * plane), between, length, NUMBER, taps, tapsEnd);
    const out = NUMBER * (at.columnsFiltered + row * plane);
    kernels.convolve(between, out, length, NUMBER * run, taps, tapsEnd);
  }
  kernels.convolve(NUMBER * at.columnsFiltered, NUMBER * at.gathered, NUMBER * grid, length, taps, tapsEnd);
}

function readFromGrid(kernels: VectorKernels, { at, rows, columns, pitch, run, plane, down }: CrfLayout): void {
  const nodes = NUMBER * at.gatheredPlane;
  const length = NUMBER * plane;
  for (let row = 0; row < rows; row++) {
    const first = NUMBER * (at.gathered + down.firstNode[row]! * plane);
    kernels.gatherPlane(nodes, nodes + length, first, length, NUMBER * (at.downWeights + 3 * row));
    const p = row * pitch;
    const values = NUMBER * (at.bilateralFiltered + p);
    const weights = NUMBER * (at.huWeights + 4 * p);
    const cells = NUMBER * (at.cells + p);
    kernels.sliceRow(values, values + NUMBER * columns, weights, cells, NUMBER * at.acrossWeights, nodes, NUMBER * run);
  }
}

function update(kernels: VectorKernels, layout: CrfLayout, spatial: number, bilateral: number, self: 0 | 1): void {
  const { at, pixels } = layout;
  const bias = NUMBER * at.bias;
  kernels.update(
    bias,
    bias + NUMBER * pixels,
    NUMBER * at.field,
    NUMBER * at.spatialNorm,
    NUMBER * at.spatialSource,
    NUMBER * at.spatialFiltered,
    NUMBER * at.bilateralNorm,
    NUMBER * at.bilateralSource,
    NUMBER * at.bilateralFiltered,
    spatial,
    bilateral,
    self,
  );
}
