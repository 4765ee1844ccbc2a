import { type PixelSpacing } from '../../domain/index.js';
import type { CrfSettings } from './crf-settings.js';
import { nodeTaps, pixelTaps, splineAxis, type SplineAxis } from './spline-axis.js';

/** A picture and what is known of its pixels before they look at each other. */
export interface CrfPicture {
  readonly rows: number;
  readonly columns: number;
  readonly spacing: PixelSpacing;
  /** rows x columns, row-major, finite. */
  readonly hu: ArrayLike<number>;
  /** Of foreground, 0 to 1, rows x columns. */
  readonly probability: ArrayLike<number>;
}

/** Nodes of the grid within one standard deviation of the bilateral kernel, along each of its axes. */
const NODES_PER_SIGMA = { exact: 2, fast: 1.25 } as const;

/** 256 MiB: what asks for more was not meant. */
const MOST_NUMBERS = 2 ** 26;

/**
 * What the mean field of one picture needs: its constants, and where its arrays begin in the kernels' memory, counted in numbers of 4 bytes.
 *
 * Arrays of pixels have rows of `pitch`: the columns and then zeros, as many as the spatial filter reaches over an edge, so that the end of one row
 * is also the space before the next. Everything in those margins is multiplied by a norm of 0. Arrays of nodes are ordered row, column, HU; every
 * run along HU is `run` long and ends in zeros likewise. The 4th HU weight of a pixel is 0.
 */
export interface CrfLayout {
  readonly rows: number;
  readonly columns: number;
  readonly pitch: number;
  readonly pixels: number;
  readonly across: SplineAxis;
  readonly down: SplineAxis;
  /** HU between nodes, and the first node in such steps. */
  readonly huCell: number;
  readonly firstHuNode: number;
  readonly run: number;
  /** Nodes of one row of the grid: columns x HU, and of the whole grid. */
  readonly plane: number;
  readonly grid: number;
  readonly nodeTaps: Float32Array;
  readonly columnTaps: Float32Array;
  readonly rowTaps: Float32Array;
  readonly at: CrfArrays;
  /** Numbers from the start that must be 0 before the work begins, and numbers in all. */
  readonly cleared: number;
  readonly length: number;
}

/** Where each array begins. */
export interface CrfArrays {
  // a number a pixel: log odds, 1 / sqrt(K 1) of either kernel, what is filtered (norm x field), what came out, and the field, 2 q - 1
  readonly bias: number;
  readonly spatialNorm: number;
  readonly bilateralNorm: number;
  readonly spatialSource: number;
  readonly bilateralSource: number;
  readonly spatialFiltered: number;
  readonly bilateralFiltered: number;
  readonly field: number;
  /** Filtered along the rows, with rows of zeros above and below. */
  readonly rowsFiltered: number;
  /** One row of nodes: of what is spread, and of what is read. */
  readonly spreadPlane: number;
  readonly gatheredPlane: number;
  /** The grid as it is spread, filtered along HU (one row of nodes, with columns of zeros), along HU and columns (with rows of zeros), along all. */
  readonly spread: number;
  readonly huFiltered: number;
  readonly columnsFiltered: number;
  readonly gathered: number;
  /** 4 a pixel; and the byte at which its first node stands in a row of nodes. */
  readonly huWeights: number;
  readonly cells: number;
  /** 3 a column, 3 a row. */
  readonly acrossWeights: number;
  readonly downWeights: number;
  readonly nodeTaps: number;
  readonly columnTaps: number;
  readonly rowTaps: number;
}

/** Throws where a size, a length or a range makes no sense: those are the caller's to know. */
export function crfLayout(
  { rows, columns, spacing, hu, probability }: CrfPicture,
  { mode, spatial, bilateral }: CrfSettings,
): CrfLayout {
  if (!(rows > 0 && columns > 0) || hu.length !== rows * columns || probability.length !== rows * columns)
    throw new RangeError('a picture needs as many values and probabilities as it has pixels');
  for (const length of [spacing.betweenRows, spacing.betweenColumns, spatial.sigmaMm, bilateral.sigmaMm])
    if (!(length > 0 && length < Infinity)) throw new RangeError('lengths are positive');
  if (!(bilateral.sigmaHu > 0)) throw new RangeError('the standard deviation of HU is positive');

  const perSigma = NODES_PER_SIGMA[mode];
  const columnTaps = pixelTaps(spatial.sigmaMm / spacing.betweenColumns);
  const rowTaps = pixelTaps(spatial.sigmaMm / spacing.betweenRows);
  const taps = nodeTaps(perSigma);
  const reach = taps.length - 1;
  const pitch = upToFour(columns + columnTaps.length - 1);
  const pixels = rows * pitch;
  const across = splineAxis(columns, bilateral.sigmaMm / spacing.betweenColumns / perSigma);
  const down = splineAxis(rows, bilateral.sigmaMm / spacing.betweenRows / perSigma);
  const huCell = bilateral.sigmaHu / perSigma;
  const [lowest, highest] = nodeRange(hu, huCell);
  const run = upToFour(highest - lowest + 3 + reach);
  const plane = across.nodes * run;
  const grid = down.nodes * plane;

  let length = 0;
  const take = (numbers: number, zerosBefore = 0): number => {
    length += upToFour(zerosBefore);
    const start = length;
    length += upToFour(numbers);
    return start;
  };
  const zeros = {
    bias: take(pixels),
    spatialNorm: take(pixels),
    bilateralNorm: take(pixels),
    spatialSource: take(pixels, columnTaps.length),
    bilateralSource: take(pixels),
    spatialFiltered: take(pixels),
    bilateralFiltered: take(pixels),
    field: take(pixels),
    rowsFiltered: take(pixels, (rowTaps.length - 1) * pitch),
    spreadPlane: take(plane, (rowTaps.length - 1) * pitch),
    gatheredPlane: take(plane),
    spread: take(grid, reach),
    huFiltered: take(plane, reach * run),
    columnsFiltered: take(grid, reach * (run + plane)),
    gathered: take(grid, reach * plane),
  };
  const cleared = length;
  const at = {
    ...zeros,
    huWeights: take(4 * pixels),
    cells: take(pixels),
    acrossWeights: take(across.weights.length + 3),
    downWeights: take(down.weights.length),
    nodeTaps: take(taps.length),
    columnTaps: take(columnTaps.length),
    rowTaps: take(rowTaps.length),
  };
  if (!(length <= MOST_NUMBERS)) throw new RangeError('the grid of this picture and these settings is too large');
  return {
    rows,
    columns,
    pitch,
    pixels,
    across,
    down,
    huCell,
    firstHuNode: lowest - 1,
    run,
    plane,
    grid,
    nodeTaps: taps,
    columnTaps,
    rowTaps,
    at,
    cleared,
    length,
  };
}

/** The nodes nearest to the lowest and the highest value. */
function nodeRange(hu: ArrayLike<number>, huCell: number): [number, number] {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < hu.length; i++) {
    const value = hu[i]!;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    // a NaN is neither
    if (!(value - value === 0)) throw new RangeError('HU are finite');
  }
  const nodesPerHu = 1 / huCell;
  return [Math.floor(lowest * nodesPerHu + 0.5), Math.floor(highest * nodesPerHu + 0.5)];
}

/** Vectors hold four numbers. */
const upToFour = (n: number): number => Math.ceil(n / 4) * 4;
