import { gridPlan, type GridPlan } from '../../src/segmentation/grabcut/grid.js';
import type { Picture } from './reference/picture.js';

/** A picture in the padded layout of the kernels. */
export function padded({ width, height, bits }: Picture): { plan: GridPlan; bits: Uint8Array } {
  const plan = gridPlan(width, height);
  const all = new Uint8Array(plan.pixels);
  bits.forEach((bit, i) => (all[paddedIndex(plan, i)] = bit));
  return { plan, bits: all };
}

export const paddedIndex = (plan: GridPlan, i: number): number =>
  (Math.floor(i / plan.width) + 1) * plan.stride + (i % plan.width) + 1;

export const unpadded = (plan: GridPlan, bits: Uint8Array): Picture => ({
  width: plan.width,
  height: plan.height,
  bits: Uint8Array.from({ length: plan.width * plan.height }, (_, i) => bits[paddedIndex(plan, i)]!),
});
