import type { GridPlan } from './grid.js';

/**
 * Maximum flow on a grid of pixels with eight neighbours (Boykov and Kolmogorov, PAMI 26, 2004): two search trees grow from the terminals until
 * they touch, the path is augmented, and pixels that lost their parent are adopted or set free. Arcs are implicit (grid.ts); no adjacency is
 * stored. Capacities are integers, so "saturated" is exact and every machine finds the same cut.
 *
 * Memory of one flow, structure of arrays, one entry a padded pixel unless said otherwise. Made once, used for every lesion that fits.
 */
export interface FlowWorkspace {
  /** Padded pixels that fit. */
  readonly capacity: number;
  /** 8 a pixel: what may still flow along arc d. Sums of an arc and its reverse stay what they were, so 2 * MOST_LINK fits easily. */
  readonly residual: Int32Array;
  /** What may still come from the source (positive) or go to the sink (negative). */
  readonly terminal: Int32Array;
  /** FREE, SOURCE or SINK. */
  readonly tree: Uint8Array;
  /** Arc to the parent in the tree, or TERMINAL, ORPHAN, NO_PARENT. */
  readonly parentArc: Uint8Array;
  /** Arcs to the terminal, valid where stamp equals the time of the last adoption that looked. */
  readonly distance: Int32Array;
  readonly stamp: Int32Array;
  /** Ring of pixels that may still grow; each is in it at most once, so `capacity` slots are enough. */
  readonly active: Int32Array;
  readonly isActive: Uint8Array;
  /** Ring of pixels without parent; each is in it at most once. */
  readonly orphans: Int32Array;
  readonly cursor: FlowCursor;
}

/** Positions in the two rings, and the clock of adoptions. */
interface FlowCursor {
  activeHead: number;
  activeCount: number;
  orphanHead: number;
  orphanCount: number;
  time: number;
}

export const FREE = 0;
export const SOURCE = 1;
export const SINK = 2;

const TERMINAL = 8;
const ORPHAN = 9;
const NO_PARENT = 10;

/** Bounds that keep every sum under 2^31: eight links and a terminal make at most 2^29 + 2^28, an arc and its reverse 2^27. */
export const MOST_LINK = 2 ** 26;
export const MOST_TERMINAL = 2 ** 28;

export function createFlowWorkspace(capacity: number): FlowWorkspace {
  return {
    capacity,
    residual: new Int32Array(8 * capacity),
    terminal: new Int32Array(capacity),
    tree: new Uint8Array(capacity),
    parentArc: new Uint8Array(capacity),
    distance: new Int32Array(capacity),
    stamp: new Int32Array(capacity),
    active: new Int32Array(capacity),
    isActive: new Uint8Array(capacity),
    orphans: new Int32Array(capacity),
    cursor: { activeHead: 0, activeCount: 0, orphanHead: 0, orphanCount: 0, time: 0 },
  };
}

/**
 * Pushes as much flow as the capacities in `ws` (residual, terminal) allow between the `count` pixels listed in `nodes`, and returns how much
 * that was. All other pixels must have no capacity towards them. Afterwards `ws.tree` holds the two sets that every minimum cut agrees on:
 * SOURCE = can be reached from the source, SINK = can reach the sink, FREE = either side costs the same. They do not depend on the order of the
 * work. Residuals stay, so that a changed terminal can be added and the flow continued. Allocates nothing.
 */
export function maximumFlow(ws: FlowWorkspace, plan: GridPlan, nodes: Int32Array, count: number): number {
  const { cursor } = ws;
  let flow = pushToNeighbours(ws, plan, nodes, count);
  plantTrees(ws, plan, nodes, count);
  while (cursor.activeCount > 0) flow += growFromNext(ws, plan);
  return flow;
}

/**
 * After `maximumFlow`: writes 1 (source side) or 0 for every node into `side`, a minimum cut. A pixel that costs the same on either side keeps
 * `preferred`, as far as the cut stays minimal: whatever residual capacity leads out of a kept 1 becomes 1, too. Depends on no order of work.
 */
export function minimumCutInto(
  side: Uint8Array,
  ws: FlowWorkspace,
  plan: GridPlan,
  nodes: Int32Array,
  count: number,
  preferred: Uint8Array,
): void {
  const { tree, residual, active: stack } = ws;
  const { step } = plan;
  let undecided = 0;
  for (let i = 0; i < count; i++) {
    const p = nodes[i]!;
    side[p] = tree[p] === SOURCE ? 1 : 0;
    if (tree[p] === FREE && preferred[p] === 1) {
      side[p] = 1;
      stack[undecided++] = p;
    }
  }
  while (undecided > 0) {
    const p = stack[--undecided]!;
    for (let d = 0; d < 8; d++) {
      const q = p + step[d]!;
      if (residual[8 * p + d] === 0 || side[q] === 1 || tree[q] !== FREE) continue;
      side[q] = 1;
      stack[undecided++] = q;
    }
  }
}

/**
 * Flow between neighbours of which one hangs on the source and one on the sink: much of it, on noisy images, and too short for trees. Measured on
 * discs in noise: up to 1.3 times faster with OpenCV's gamma, nothing with ours.
 */
function pushToNeighbours(ws: FlowWorkspace, { step }: GridPlan, nodes: Int32Array, count: number): number {
  const { residual, terminal } = ws;
  let flow = 0;
  for (let i = 0; i < count; i++) {
    const p = nodes[i]!;
    let excess = terminal[p]!;
    if (excess <= 0) continue;
    for (let d = 0; d < 8; d++) {
      const q = p + step[d]!;
      const need = -terminal[q]!;
      if (need <= 0) continue;
      const open = residual[8 * p + d]!;
      const push = open < need ? (open < excess ? open : excess) : need < excess ? need : excess;
      if (push === 0) continue;
      residual[8 * p + d] = open - push;
      residual[8 * q + 7 - d] = residual[8 * q + 7 - d]! + push;
      terminal[q] = push - need;
      excess -= push;
      flow += push;
      if (excess === 0) break;
    }
    terminal[p] = excess;
  }
  return flow;
}

/**
 * Every pixel with a terminal link is the root of a tree; those inside a patch of equal roots have nowhere to grow and stay passive. Measured on
 * discs in noise: 1.1 to 1.4 times faster than with every root active.
 */
function plantTrees(ws: FlowWorkspace, plan: GridPlan, nodes: Int32Array, count: number): void {
  const { residual, terminal, tree, parentArc, distance, stamp, active, isActive, cursor } = ws;
  const { pixels, stride, step } = plan;
  tree.fill(FREE, 0, pixels);
  stamp.fill(0, 0, pixels);
  isActive.fill(0, 0, pixels);
  cursor.activeHead = 0;
  cursor.orphanHead = 0;
  cursor.orphanCount = 0;
  cursor.time = 0;

  for (let i = 0; i < count; i++) {
    const p = nodes[i]!;
    const t = terminal[p]!;
    tree[p] = t > 0 ? SOURCE : t < 0 ? SINK : FREE;
    parentArc[p] = t === 0 ? NO_PARENT : TERMINAL;
    distance[p] = 1;
  }

  // only arcs that leave a patch of equal roots matter at first
  let activeCount = 0;
  for (let i = 0; i < count; i++) {
    const p = nodes[i]!;
    const own = tree[p]!;
    if (
      own === FREE ||
      (tree[p - 1] === own &&
        tree[p + 1] === own &&
        tree[p - stride] === own &&
        tree[p + stride] === own &&
        tree[p - stride - 1] === own &&
        tree[p - stride + 1] === own &&
        tree[p + stride - 1] === own &&
        tree[p + stride + 1] === own)
    )
      continue;
    for (let d = 0; d < 8; d++) {
      const q = p + step[d]!;
      if (tree[q] === own) continue;
      if ((own === SOURCE ? residual[8 * p + d]! : residual[8 * q + 7 - d]!) === 0) continue;
      isActive[p] = 1;
      active[activeCount++] = p;
      break;
    }
  }
  cursor.activeCount = activeCount;
}

/** Growth stage for one active pixel: takes free neighbours into its tree, and augments along every arc that leads into the other tree. */
function growFromNext(ws: FlowWorkspace, plan: GridPlan): number {
  const { residual, tree, parentArc, distance, stamp, active, isActive, cursor, capacity } = ws;
  const { step } = plan;
  const p = active[cursor.activeHead]!;
  cursor.activeHead = cursor.activeHead + 1 === capacity ? 0 : cursor.activeHead + 1;
  cursor.activeCount--;
  isActive[p] = 0;
  const own = tree[p]!;
  if (own === FREE) return 0;

  let flow = 0;
  for (let d = 0; d < 8; d++) {
    const q = p + step[d]!;
    const open = own === SOURCE ? residual[8 * p + d]! : residual[8 * q + 7 - d]!;
    if (open === 0) continue;
    const other = tree[q]!;
    if (other === FREE) {
      tree[q] = own;
      parentArc[q] = 7 - d;
      distance[q] = distance[p]! + 1;
      stamp[q] = stamp[p]!;
      activate(ws, q);
    } else if (other === own) {
      // a shorter way to the terminal for q
      if (stamp[q]! <= stamp[p]! && distance[q]! > distance[p]! + 1) {
        parentArc[q] = 7 - d;
        distance[q] = distance[p]! + 1;
        stamp[q] = stamp[p]!;
      }
    } else {
      flow += own === SOURCE ? augment(ws, step, p, d) : augment(ws, step, q, 7 - d);
      adoptOrphans(ws, step);
      if (tree[p] !== own) return flow;
      d--; // the arc may have capacity left, and q another way to its terminal
    }
  }
  return flow;
}

/** Augmentation stage: pushes what fits along source ... p -(arc d)-> q ... sink. Whoever hangs on a saturated arc becomes an orphan. */
function augment(ws: FlowWorkspace, step: Int32Array, p: number, d: number): number {
  const { residual, terminal, parentArc } = ws;
  const q = p + step[d]!;

  // bottleneck
  let push = residual[8 * p + d]!;
  let x = p;
  for (let a = parentArc[x]!; a < TERMINAL; a = parentArc[x]!) {
    x += step[a]!;
    const r = residual[8 * x + 7 - a]!;
    if (r < push) push = r;
  }
  if (terminal[x]! < push) push = terminal[x]!;
  x = q;
  for (let a = parentArc[x]!; a < TERMINAL; a = parentArc[x]!) {
    const r = residual[8 * x + a]!;
    if (r < push) push = r;
    x += step[a]!;
  }
  if (-terminal[x]! < push) push = -terminal[x]!;

  // push
  residual[8 * p + d] = residual[8 * p + d]! - push;
  residual[8 * q + 7 - d] = residual[8 * q + 7 - d]! + push;
  x = p;
  for (let a = parentArc[x]!; a < TERMINAL; a = parentArc[x]!) {
    const parent = x + step[a]!;
    residual[8 * x + a] = residual[8 * x + a]! + push;
    const left = residual[8 * parent + 7 - a]! - push;
    residual[8 * parent + 7 - a] = left;
    if (left === 0) orphan(ws, x);
    x = parent;
  }
  terminal[x] = terminal[x]! - push;
  if (terminal[x] === 0) orphan(ws, x);
  x = q;
  for (let a = parentArc[x]!; a < TERMINAL; a = parentArc[x]!) {
    const parent = x + step[a]!;
    residual[8 * parent + 7 - a] = residual[8 * parent + 7 - a]! + push;
    const left = residual[8 * x + a]! - push;
    residual[8 * x + a] = left;
    if (left === 0) orphan(ws, x);
    x = parent;
  }
  terminal[x] = terminal[x]! + push;
  if (terminal[x] === 0) orphan(ws, x);
  return push;
}

/** Adoption stage: every orphan finds a parent in its tree that still hangs on the terminal, the nearest one, or becomes free. */
function adoptOrphans(ws: FlowWorkspace, step: Int32Array): void {
  const { residual, tree, parentArc, distance, stamp, orphans, cursor, capacity } = ws;
  const time = ++cursor.time;
  while (cursor.orphanCount > 0) {
    const p = orphans[cursor.orphanHead]!;
    cursor.orphanHead = cursor.orphanHead + 1 === capacity ? 0 : cursor.orphanHead + 1;
    cursor.orphanCount--;
    const own = tree[p]!;

    let best = NO_PARENT;
    let least = 0x7fffffff;
    for (let d = 0; d < 8; d++) {
      const q = p + step[d]!;
      if (tree[q] !== own) continue;
      if ((own === SOURCE ? residual[8 * q + 7 - d]! : residual[8 * p + d]!) === 0) continue;
      const far = distanceToTerminal(ws, step, q, time);
      if (far < least) {
        least = far;
        best = d;
      }
    }

    if (best !== NO_PARENT) {
      parentArc[p] = best;
      distance[p] = least + 1;
      stamp[p] = time;
      continue;
    }
    tree[p] = FREE;
    parentArc[p] = NO_PARENT;
    for (let d = 0; d < 8; d++) {
      const q = p + step[d]!;
      if (tree[q] !== own) continue;
      if ((own === SOURCE ? residual[8 * q + 7 - d]! : residual[8 * p + d]!) !== 0) activate(ws, q);
      if (parentArc[q] === 7 - d) orphan(ws, q);
    }
  }
}

const UNROOTED = 0x7fffffff;

/** Arcs from q to its terminal, or UNROOTED where the way ends at an orphan. Stamps the way, so that the next walk stops where this one began. */
function distanceToTerminal(ws: FlowWorkspace, step: Int32Array, q: number, time: number): number {
  const { parentArc, distance, stamp } = ws;
  let far = 0;
  let x = q;
  for (;;) {
    if (stamp[x] === time) {
      far += distance[x]!;
      break;
    }
    const a = parentArc[x]!;
    if (a === TERMINAL) {
      far += 1;
      stamp[x] = time;
      distance[x] = 1;
      break;
    }
    if (a > TERMINAL) return UNROOTED;
    far++;
    x += step[a]!;
  }
  let left = far;
  for (x = q; stamp[x] !== time; x += step[parentArc[x]!]!) {
    stamp[x] = time;
    distance[x] = left--;
  }
  return far;
}

function activate(ws: FlowWorkspace, p: number): void {
  const { active, isActive, cursor, capacity } = ws;
  if (isActive[p] === 1) return;
  isActive[p] = 1;
  const slot = cursor.activeHead + cursor.activeCount++;
  active[slot < capacity ? slot : slot - capacity] = p;
}

function orphan(ws: FlowWorkspace, p: number): void {
  const { orphans, parentArc, cursor, capacity } = ws;
  parentArc[p] = ORPHAN;
  const slot = cursor.orphanHead + cursor.orphanCount++;
  orphans[slot < capacity ? slot : slot - capacity] = p;
}
