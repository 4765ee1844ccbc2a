import { MOST_LINK, type FlowWorkspace } from './grid-flow.js';
import type { GridPlan } from './grid.js';
import { DEAD, isSure, labelOf } from './seeds.js';

/** One nat of energy in the integer capacities of the flow. */
export const NAT = 2 ** 16;

/** Grey values are whole numbers below this: the 12 bits that CT has. */
export const GREY_LEVELS = 4096;

/** Capacity by arc and absolute grey difference: GREY_LEVELS entries each for across, down and diagonal. */
export const createLinkTable = (): Int32Array => new Int32Array(3 * GREY_LEVELS);

/** Where the entries of arc d begin in the table. */
const TABLE_OF_ARC = Int32Array.of(2, 1, 2, 0, 0, 2, 1, 2).map((table) => table * GREY_LEVELS);

/**
 * Smoothness of GrabCut: gamma / d * exp(-beta * difference^2) between eight neighbours, beta = 1 / (2 mean difference^2) over the window
 * (Rother et al. 2004, section 2). Writes capacities into `flow.residual`, and adds to `flow.terminal` what pulls a pixel towards sure
 * neighbours: those are no nodes of the graph. `flow.terminal` must hold the terms that are not links before.
 */
export function linkNeighbours(
  flow: FlowWorkspace,
  plan: GridPlan,
  grey: Int16Array,
  seeds: Uint8Array,
  gamma: number,
  capacityOf: Int32Array,
): void {
  fillTable(capacityOf, plan, gamma, contrastOf(plan, grey));
  const { residual, terminal } = flow;
  const { width, height, stride, step } = plan;
  residual.fill(0, 0, 8 * plan.pixels);
  for (let row = 1; row <= height; row++) {
    for (let p = row * stride + 1, end = p + width; p < end; p++) {
      const seedP = seeds[p]!;
      const greyP = grey[p]!;
      // arcs 4 to 7 lead forwards: each pair once
      for (let d = 4; d < 8; d++) {
        const q = p + step[d]!;
        const seedQ = seeds[q]!;
        if (seedQ === DEAD || (isSure(seedP) && isSure(seedQ))) continue;
        const difference = greyP - grey[q]!;
        const capacity = capacityOf[TABLE_OF_ARC[d]! + (difference < 0 ? -difference : difference)]!;
        if (isSure(seedP)) terminal[q] = terminal[q]! + (labelOf(seedP) === 1 ? capacity : -capacity);
        else if (isSure(seedQ)) terminal[p] = terminal[p]! + (labelOf(seedQ) === 1 ? capacity : -capacity);
        else {
          residual[8 * p + d] = capacity;
          residual[8 * q + 7 - d] = capacity;
        }
      }
    }
  }
}

/** beta; 0 where every pixel of the window has the same grey value. */
function contrastOf({ width, height, stride }: GridPlan, grey: Int16Array): number {
  let sum = 0;
  for (let row = 1; row <= height; row++) {
    const first = row * stride + 1;
    const last = first + width - 1;
    for (let p = first; p < last; p++) sum += squaredDifference(grey, p, p + 1);
  }
  for (let row = 1; row < height; row++) {
    const first = row * stride + 1;
    const last = first + width - 1;
    for (let p = first; p < last; p++)
      sum +=
        squaredDifference(grey, p, p + stride) +
        squaredDifference(grey, p, p + stride + 1) +
        squaredDifference(grey, p + 1, p + stride);
    sum += squaredDifference(grey, last, last + stride);
  }
  const pairs = 4 * width * height - 3 * width - 3 * height + 2;
  return sum === 0 ? 0 : pairs / (2 * sum);
}

const squaredDifference = (grey: Int16Array, p: number, q: number): number =>
  (grey[p]! - grey[q]!) * (grey[p]! - grey[q]!);

function fillTable(capacityOf: Int32Array, { arcLength }: GridPlan, gamma: number, beta: number): void {
  const across = (gamma / arcLength[4]!) * NAT;
  const down = (gamma / arcLength[6]!) * NAT;
  const diagonal = (gamma / arcLength[7]!) * NAT;
  let difference = 0;
  for (; difference < GREY_LEVELS; difference++) {
    const likeness = Math.exp(-beta * difference * difference);
    capacityOf[difference] = Math.round(Math.min(across * likeness, MOST_LINK));
    capacityOf[difference + GREY_LEVELS] = Math.round(Math.min(down * likeness, MOST_LINK));
    capacityOf[difference + 2 * GREY_LEVELS] = Math.round(Math.min(diagonal * likeness, MOST_LINK));
    if (Math.max(across, down, diagonal) * likeness < 0.5) break;
  }
  for (let table = 0; table < 3; table++)
    capacityOf.fill(0, table * GREY_LEVELS + difference, (table + 1) * GREY_LEVELS);
}
