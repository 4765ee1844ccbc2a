import { MOST_LINK, type FlowWorkspace } from './grid-flow.js';
import type { GridPlan } from './grid.js';
import { DEAD, labelOf, OPEN } from './seeds.js';

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
 * (Rother et al. 2004, section 2). Writes capacities between the first `count` pixels of `flow.nodes` into `flow.residual`, and adds to `flow.terminal`
 * what pulls them towards sure neighbours: those are no nodes of the graph. `flow.terminal` must hold the terms that are not links before.
 */
export function linkNeighbours(
  flow: FlowWorkspace,
  plan: GridPlan,
  grey: Int16Array,
  seeds: Uint8Array,
  count: number,
  gamma: number,
  capacityOf: Int32Array,
): void {
  fillTable(capacityOf, plan, gamma, contrastOf(plan, grey));
  const { residual, terminal, nodes } = flow;
  const { step, stride } = plan;
  for (let i = 0; i < count; i++) {
    const p = nodes[i]!;
    if (!isAmongOpen(seeds, p, stride)) {
      terminal[p] = terminal[p]! + linkAtEdge(residual, plan, grey, seeds, p, capacityOf);
      continue;
    }
    // arcs 4 to 7 lead forwards: each pair of open pixels is linked once
    const greyP = grey[p]!;
    for (let d = 4; d < 8; d++) {
      const q = p + step[d]!;
      // not a condition: in noise every other guess of the processor would be wrong
      const capacity = capacityOf[TABLE_OF_ARC[d]! + Math.abs(greyP - grey[q]!)]!;
      residual[8 * p + d] = capacity;
      residual[8 * q + 7 - d] = capacity;
    }
  }
}

/** Whether all eight neighbours may change their label, too. */
const isAmongOpen = (seeds: Uint8Array, p: number, stride: number): boolean =>
  (seeds[p - stride - 1]! &
    seeds[p - stride]! &
    seeds[p - stride + 1]! &
    seeds[p - 1]! &
    seeds[p + 1]! &
    seeds[p + stride - 1]! &
    seeds[p + stride]! &
    seeds[p + stride + 1]! &
    OPEN) !==
  0;

/** The same for a pixel beside sure ones or the border; returns what pulls it to the foreground. Arcs that lead nowhere get no capacity. */
function linkAtEdge(
  residual: Int32Array,
  { step }: GridPlan,
  grey: Int16Array,
  seeds: Uint8Array,
  p: number,
  capacityOf: Int32Array,
): number {
  let pull = 0;
  for (let d = 0; d < 8; d++) {
    const q = p + step[d]!;
    const seedQ = seeds[q]!;
    if ((seedQ & OPEN) !== 0) {
      if (d < 4) continue;
      const capacity = capacityOf[TABLE_OF_ARC[d]! + Math.abs(grey[p]! - grey[q]!)]!;
      residual[8 * p + d] = capacity;
      residual[8 * q + 7 - d] = capacity;
      continue;
    }
    residual[8 * p + d] = 0;
    residual[8 * q + 7 - d] = 0;
    if (seedQ === DEAD) continue;
    const capacity = capacityOf[TABLE_OF_ARC[d]! + Math.abs(grey[p]! - grey[q]!)]!;
    pull += labelOf(seedQ) === 1 ? capacity : -capacity;
  }
  return pull;
}

/** beta; 0 where every pixel of the window has the same grey value. */
function contrastOf({ width, height, stride }: GridPlan, grey: Int16Array): number {
  let sum = 0;
  for (let row = 1; row <= height; row++) {
    const first = row * stride + 1;
    const last = first + width - 1;
    // grey values of a square of four pixels, which moves along two rows; the last row has none below
    const below = row < height ? stride : 0;
    let here = grey[first]!;
    let under = grey[first + below]!;
    let ofRow = 0;
    for (let p = first; p < last; p++) {
      const right = grey[p + 1]!;
      const underRight = grey[p + 1 + below]!;
      ofRow += squared(here - right);
      if (below > 0) ofRow += squared(here - under) + squared(here - underRight) + squared(right - under);
      here = right;
      under = underRight;
    }
    if (below > 0) ofRow += squared(here - under);
    sum += ofRow;
  }
  const pairs = 4 * width * height - 3 * width - 3 * height + 2;
  return sum === 0 ? 0 : pairs / (2 * sum);
}

const squared = (difference: number): number => difference * difference;

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
