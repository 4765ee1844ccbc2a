import {
  assemble,
  fourTimes,
  increase,
  kernel,
  whileBelow,
  type Four,
  type One,
  type Statement,
  type Variable,
  type Whole,
} from '../web-assembly/assembler.js';

/**
 * The inner loops of the mean field, four numbers at a time. What they compute is said in plain TypeScript in the tests
 * (reference/grid-mean-field.ts), which they are compared with. All addresses and lengths are in bytes, all lengths that are run through in fours
 * multiples of 16. Nothing tests bounds: the caller's layout (grid-layout.ts) leaves zeros where a kernel reaches over an edge.
 */
export interface VectorKernels {
  /**
   * output[i] = taps[0] input[i] + sum over k = 1 to radius of taps[k] (input[i - k stride] + input[i + k stride]): a symmetric filter along any
   * axis of an array. Reads radius x stride over both ends.
   */
  convolve(input: number, output: number, length: number, stride: number, taps: number, tapsEnd: number): void;
  /**
   * Spreads a row of pixels over a plane of nodes (column x HU): each over 3 columns, `pitch` apart, and 3 HU from its cell on. `half` is half the
   * row; of an odd number of pixels the half with one more, and one pixel without weight follows the row.
   */
  splatRow(
    values: number,
    half: number,
    huWeights: number,
    cells: number,
    columnWeights: number,
    plane: number,
    pitch: number,
  ): void;
  /** Reads a row of pixels from a plane of nodes with the same weights. */
  sliceRow(
    values: number,
    valuesEnd: number,
    huWeights: number,
    cells: number,
    columnWeights: number,
    plane: number,
    pitch: number,
  ): void;
  /** Adds a plane, times three weights, to three planes of the grid that follow each other, and clears it. */
  spreadPlane(plane: number, planeEnd: number, grid: number, planeLength: number, weights: number): void;
  /** A plane from three planes of the grid, times three weights. */
  gatherPlane(plane: number, planeEnd: number, grid: number, planeLength: number, weights: number): void;
  /**
   * One mean-field step of every pixel: x = bias + sum over both kernels m of weight_m norm_m (filtered_m - self source_m), field = tanh(x / 2),
   * and the next sources, norm_m field.
   */
  update(
    bias: number,
    biasEnd: number,
    field: number,
    norm1: number,
    source1: number,
    filtered1: number,
    norm2: number,
    source2: number,
    filtered2: number,
    weight1: number,
    weight2: number,
    self: number,
  ): void;
  readonly memory: WebAssembly.Memory;
}

const VECTOR = 16;
const NUMBER = 4;

const FILTER = ['input', 'output', 'length', 'stride', 'taps', 'tapsEnd'] as const;

const convolve = kernel('convolve', FILTER, [], ({ input, output, length, stride, taps, tapsEnd }, variables) => {
  const { whole, four } = variables;
  const [end, lastBlock, left, right, tap] = [whole(), whole(), whole(), whole(), whole()];
  const weight = four();
  const sums = [four(), four(), four(), four()];
  // four vectors in one go: a weight is read once for 16 numbers
  const block = (size: readonly Variable<Four>[]): Statement[] => [
    weight.becomes(taps.oneAsFour()),
    ...size.map((sum, i) => sum.becomes(weight.times(input.four(VECTOR * i)))),
    left.becomes(input.minus(stride)),
    right.becomes(input.plus(stride)),
    tap.becomes(taps.plus(NUMBER)),
    whileBelow(tap, tapsEnd, [
      weight.becomes(tap.oneAsFour()),
      ...size.map((sum, i) => sum.becomes(sum.plus(weight.times(left.four(VECTOR * i).plus(right.four(VECTOR * i)))))),
      left.becomes(left.minus(stride)),
      right.becomes(right.plus(stride)),
      increase(tap, NUMBER),
    ]),
    ...size.map((sum, i) => output.put(sum, VECTOR * i)),
    increase(input, VECTOR * size.length),
    increase(output, VECTOR * size.length),
  ];
  return [
    end.becomes(output.plus(length)),
    lastBlock.becomes(end.minus(VECTOR * (sums.length - 1))),
    whileBelow(output, lastBlock, block(sums)),
    whileBelow(output, end, block(sums.slice(0, 1))),
  ];
});

const SPLAT = ['values', 'half', 'huWeights', 'cells', 'columnWeights', 'plane', 'pitch'] as const;

/**
 * Two pixels at a time, half a row apart. Pixels beside each other add to the same nodes, and the later one would wait until the earlier one's sum is
 * stored: 1.6 times slower (128 and 256 px, bench/crf.mjs with 8 px).
 */
const splatRow = kernel('splatRow', SPLAT, [], (row, { whole, four }) => {
  const { values, half, huWeights, cells, columnWeights, plane, pitch } = row;
  const [end, node, laterNode] = [whole(), whole(), whole()];
  const later = { values: whole(), huWeights: whole(), cells: whole(), columnWeights: whole() };
  const [value, laterValue] = [four(), four()];
  const spread = (to: Whole, what: Four, weights: Whole, column: number): Statement =>
    to.put(to.four().plus(what.times(weights.oneAsFour(NUMBER * column))));
  return [
    later.values.becomes(values.plus(half)),
    later.cells.becomes(cells.plus(half)),
    later.columnWeights.becomes(columnWeights.plus(half).plus(half).plus(half)),
    later.huWeights.becomes(huWeights.plus(half).plus(half).plus(half).plus(half)),
    end.becomes(later.values),
    whileBelow(values, end, [
      node.becomes(plane.plus(cells.whole())),
      laterNode.becomes(plane.plus(later.cells.whole())),
      value.becomes(huWeights.four().times(values.oneAsFour())),
      laterValue.becomes(later.huWeights.four().times(later.values.oneAsFour())),
      ...[0, 1, 2].flatMap((column) => [
        spread(node, value, columnWeights, column),
        spread(laterNode, laterValue, later.columnWeights, column),
        increase(node, pitch),
        increase(laterNode, pitch),
      ]),
      ...[values, later.values, cells, later.cells].map((address) => increase(address, NUMBER)),
      ...[huWeights, later.huWeights].map((address) => increase(address, VECTOR)),
      ...[columnWeights, later.columnWeights].map((address) => increase(address, 3 * NUMBER)),
    ]),
  ];
});

const SLICE = ['values', 'valuesEnd', 'huWeights', 'cells', 'columnWeights', 'plane', 'pitch'] as const;

const sliceRow = kernel('sliceRow', SLICE, [], (row, { whole, four }) => {
  const { values, valuesEnd, huWeights, cells, columnWeights, plane, pitch } = row;
  const node = whole();
  const sum = four();
  return [
    whileBelow(values, valuesEnd, [
      node.becomes(plane.plus(cells.whole())),
      sum.becomes(node.four().times(columnWeights.oneAsFour())),
      ...[1, 2].flatMap((column) => [
        increase(node, pitch),
        sum.becomes(sum.plus(node.four().times(columnWeights.oneAsFour(NUMBER * column)))),
      ]),
      sum.becomes(sum.times(huWeights.four())),
      values.putOne(sum.lane(0).plus(sum.lane(1)).plus(sum.lane(2))),
      increase(values, NUMBER),
      increase(huWeights, VECTOR),
      increase(cells, NUMBER),
      increase(columnWeights, 3 * NUMBER),
    ]),
  ];
});

const PLANE = ['plane', 'planeEnd', 'grid', 'planeLength', 'weights'] as const;

const spreadPlane = kernel('spreadPlane', PLANE, [], (planes, { whole, four }) => {
  const { plane, planeEnd, grid: first, planeLength, weights } = planes;
  const [second, third] = [whole(), whole()];
  const value = four();
  const nodes = [first, second, third];
  const weight = [four(), four(), four()];
  return [
    second.becomes(first.plus(planeLength)),
    third.becomes(second.plus(planeLength)),
    ...weight.map((w, i) => w.becomes(weights.oneAsFour(NUMBER * i))),
    whileBelow(plane, planeEnd, [
      value.becomes(plane.four()),
      ...nodes.map((node, i) => node.put(node.four().plus(value.times(weight[i]!)))),
      plane.put(fourTimes(0)),
      ...[plane, ...nodes].map((address) => increase(address, VECTOR)),
    ]),
  ];
});

const gatherPlane = kernel('gatherPlane', PLANE, [], (planes, { whole, four }) => {
  const { plane, planeEnd, grid: first, planeLength, weights } = planes;
  const [second, third] = [whole(), whole()];
  const weight = [four(), four(), four()];
  return [
    second.becomes(first.plus(planeLength)),
    third.becomes(second.plus(planeLength)),
    ...weight.map((w, i) => w.becomes(weights.oneAsFour(NUMBER * i))),
    whileBelow(plane, planeEnd, [
      plane.put(
        first.four().times(weight[0]!).plus(second.four().times(weight[1]!)).plus(third.four().times(weight[2]!)),
      ),
      ...[plane, first, second, third].map((address) => increase(address, VECTOR)),
    ]),
  ];
});

/** Beyond 2^30 a field is 1 or -1 in 32 bits. */
const MOST_POWER = 30;

const PIXELS = ['bias', 'biasEnd', 'field'] as const;
const FIRST = ['norm1', 'source1', 'filtered1'] as const;
const SECOND = ['norm2', 'source2', 'filtered2'] as const;
const SETTINGS = ['weight1', 'weight2', 'self'] as const;

const update = kernel('update', [...PIXELS, ...FIRST, ...SECOND], SETTINGS, (pixels, { four }) => {
  const { bias, biasEnd, field, norm1, source1, filtered1, norm2, source2, filtered2 } = pixels;
  const { weight1, weight2, self } = pixels;
  const addresses = [bias, field, norm1, source1, filtered1, norm2, source2, filtered2];
  const value = four();
  const power = four();
  const wholePower = four();
  const support = (weight: One, norm: Whole, source: Whole, filtered: Whole): Four =>
    weight
      .asFour()
      .times(norm.four())
      .times(filtered.four().minus(self.asFour().times(source.four())));
  return [
    whileBelow(bias, biasEnd, [
      value.becomes(
        bias.four().plus(support(weight1, norm1, source1, filtered1).plus(support(weight2, norm2, source2, filtered2))),
      ),
      // tanh(x / 2) = 1 - 2 / (1 + e^x), e^x = 2^n 2^f with n whole and |f| <= 1/2
      power.becomes(value.times(fourTimes(Math.LOG2E)).atMost(fourTimes(MOST_POWER)).atLeast(fourTimes(-MOST_POWER))),
      wholePower.becomes(power.rounded()),
      power.becomes(power.minus(wholePower)),
      power.becomes(twoTo(power).timesTwoTo(wholePower)),
      value.becomes(fourTimes(1).minus(fourTimes(2).over(fourTimes(1).plus(power)))),
      field.put(value),
      source1.put(value.times(norm1.four())),
      source2.put(value.times(norm2.four())),
      ...addresses.map((address) => increase(address, VECTOR)),
    ]),
  ];
});

/** 2^f for |f| <= 1/2 by its Taylor series, (f ln 2)^k / k!; what is left out is below 2e-7 of it. */
function twoTo(f: Four): Four {
  const terms = [1];
  for (let k = 1; k <= 6; k++) terms.push((terms[k - 1]! * Math.LN2) / k);
  return terms.slice(0, -1).reduceRight((sum, term) => sum.times(f).plus(fourTimes(term)), fourTimes(terms.at(-1)!));
}

let module: WebAssembly.Module | undefined;

/** The kernels with a memory of their own. They are compiled once a thread. */
export function createVectorKernels(): VectorKernels {
  module ??= new WebAssembly.Module(assemble([convolve, splatRow, sliceRow, spreadPlane, gatherPlane, update]));
  return new WebAssembly.Instance(module).exports as VectorKernels;
}
