import type { FlowWorkspace } from './grid-flow.js';
import type { GridPlan } from './grid.js';

/** Across, down, then the diagonals, there and back. */
const ARCS = [4, 3, 6, 1, 7, 0, 5, 2];

/**
 * A head start for `maximumFlow` where links are strong, so that flow goes far: as much as fits along straight lines, direction by direction. Each
 * line is solved exactly in two passes: how much the pixels ahead can take, then pushing that. Returns how much was pushed. What is left in `ws`
 * has the same minimum cuts. `nodes` ascend. Measured on discs in noise with OpenCV's gamma: the first flow takes 0.7 to 1 of its time; with ours
 * it takes more, since there is hardly any flow that goes far.
 */
export function pushAlongLines(ws: FlowWorkspace, plan: GridPlan, nodes: Int32Array, count: number): number {
  let flow = 0;
  for (const arc of ARCS) {
    takeableInto(ws, plan, nodes, count, arc);
    flow += pushAlong(ws, plan, nodes, count, arc);
  }
  return flow;
}

/** What each pixel and those ahead of it can take in: its own need, and what it can pass on. Uses `distance`, which the trees write anew. */
function takeableInto(ws: FlowWorkspace, { step }: GridPlan, nodes: Int32Array, count: number, arc: number): void {
  const { residual, terminal, distance: takeable } = ws;
  const forward = step[arc]!;
  const back = forward > 0 ? -1 : 1;
  for (let k = 0, i = forward > 0 ? count - 1 : 0; k < count; k++, i += back) {
    const p = nodes[i]!;
    const open = residual[8 * p + arc]!;
    // no link leads to pixels that are no nodes
    const ahead = open === 0 ? 0 : takeable[p + forward]!;
    const takes = (open < ahead ? open : ahead) - terminal[p]!;
    takeable[p] = takes > 0 ? takes : 0;
  }
}

function pushAlong(ws: FlowWorkspace, { step }: GridPlan, nodes: Int32Array, count: number, arc: number): number {
  const { residual, terminal, distance: takeable } = ws;
  const forward = step[arc]!;
  const on = forward > 0 ? 1 : -1;
  let flow = 0;
  for (let k = 0, i = forward > 0 ? 0 : count - 1; k < count; k++, i += on) {
    const p = nodes[i]!;
    const excess = terminal[p]!;
    if (excess <= 0) continue;
    const open = residual[8 * p + arc]!;
    if (open === 0) continue;
    const q = p + forward;
    const ahead = takeable[q]!;
    const fits = open < ahead ? open : ahead;
    const push = excess < fits ? excess : fits;
    if (push === 0) continue;
    residual[8 * p + arc] = open - push;
    residual[8 * q + 7 - arc] = residual[8 * q + 7 - arc]! + push;
    terminal[p] = excess - push;
    const need = -terminal[q]!;
    if (need > 0) flow += push < need ? push : need;
    terminal[q] = push - need;
  }
  return flow;
}
