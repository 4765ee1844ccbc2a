import type { GridPlan } from './grabcut/grid.js';

/**
 * Clean-up of a raw mask on a padded window, in place (method: keep the 4-connected component that holds most pixels of the marks, then fill its
 * holes). Not the largest component: a neighbouring organ may be larger. Nothing is opened or closed: that moves outlines by the half pixels
 * that small lesions cannot spare. `bits` is 0 on the border of the plan.
 */
export function cleanUp(bits: Uint8Array, plan: GridPlan, markPixels: Int32Array, scratch: CleanUpScratch): void {
  keepComponentAtMarks(bits, plan, markPixels, scratch);
  fillHoles(bits, plan, scratch);
}

export interface CleanUpScratch {
  /** Component of each pixel, counted from 1; 0 none. */
  readonly component: Int32Array;
  readonly stack: Int32Array;
}

export const createCleanUpScratch = (capacity: number): CleanUpScratch => ({
  component: new Int32Array(capacity),
  stack: new Int32Array(capacity),
});

/** Most pixels of the marks decide, then size, then which comes first. A mask that touches no mark keeps its component nearest to them. */
function keepComponentAtMarks(bits: Uint8Array, plan: GridPlan, markPixels: Int32Array, scratch: CleanUpScratch): void {
  const { component } = scratch;
  const sizes = labelComponents(bits, plan, scratch);
  if (sizes.length <= 1) return;

  const onMarks = new Array<number>(sizes.length).fill(0);
  for (const p of markPixels) onMarks[component[p]!] = onMarks[component[p]!]! + 1;
  onMarks[0] = 0;
  if (!onMarks.some((n) => n > 0)) onMarks[nearestComponent(component, plan, markPixels)] = 1;
  let kept = 0;
  for (let c = 1; c < sizes.length; c++)
    if (kept === 0 || onMarks[c]! > onMarks[kept]! || (onMarks[c] === onMarks[kept] && sizes[c]! > sizes[kept]!))
      kept = c;

  for (let p = 0; p < plan.pixels; p++) bits[p] = component[p] === kept ? 1 : 0;
}

/** Numbers the 4-connected components of ones in scan order; returns their sizes, entry 0 unused. */
function labelComponents(bits: Uint8Array, plan: GridPlan, { component, stack }: CleanUpScratch): number[] {
  const { pixels, stride } = plan;
  const sizes = [0];
  component.fill(0, 0, pixels);
  for (let first = 0; first < pixels; first++) {
    if (bits[first] === 0 || component[first] !== 0) continue;
    const own = sizes.length;
    let size = 0;
    let waiting = 0;
    component[first] = own;
    stack[waiting++] = first;
    while (waiting > 0) {
      const p = stack[--waiting]!;
      size++;
      for (let side = 0; side < 4; side++) {
        const q = p + sideStep(side, stride);
        if (bits[q] === 0 || component[q] !== 0) continue;
        component[q] = own;
        stack[waiting++] = q;
      }
    }
    sizes.push(size);
  }
  return sizes;
}

function nearestComponent(component: Int32Array, plan: GridPlan, markPixels: Int32Array): number {
  let nearest = 0;
  let least = Infinity;
  for (let p = 0; p < plan.pixels; p++) {
    if (component[p] === 0) continue;
    for (const m of markPixels) {
      const across = (p % plan.stride) - (m % plan.stride);
      const down = Math.floor(p / plan.stride) - Math.floor(m / plan.stride);
      const square = across * across + down * down;
      if (square >= least) continue;
      least = square;
      nearest = component[p]!;
    }
  }
  return nearest;
}

/** Background that is not 4-connected to the border becomes foreground. */
function fillHoles(bits: Uint8Array, plan: GridPlan, { component: reached, stack }: CleanUpScratch): void {
  const { pixels, stride } = plan;
  reached.fill(0, 0, pixels);
  let waiting = 0;
  reached[0] = 1;
  stack[waiting++] = 0;
  while (waiting > 0) {
    const p = stack[--waiting]!;
    for (let side = 0; side < 4; side++) {
      const q = p + sideStep(side, stride);
      if (q < 0 || q >= pixels || reached[q] === 1 || bits[q] === 1) continue;
      reached[q] = 1;
      stack[waiting++] = q;
    }
  }
  for (let p = 0; p < pixels; p++) if (reached[p] === 0) bits[p] = 1;
}

const sideStep = (side: number, stride: number): number =>
  side === 0 ? -stride : side === 1 ? -1 : side === 2 ? 1 : stride;
