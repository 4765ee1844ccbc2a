import type { Mask, PixelSpacing } from '../../domain/index.js';
import type { Window } from '../window.js';
import { orderSlices, type StackedSlice } from './slice-order.js';
import { withinWindow } from './window-masks.js';

interface Stack {
  readonly slices: readonly StackedSlice[];
  readonly key: number;
  readonly spacing: PixelSpacing;
}

/**
 * Makes one body of the masks slice by slice: the median of each pixel and its two neighbours across the slices, then what hangs together with the
 * marked slice's mask by faces, edges or corners (26 neighbours). The marked slice's mask stays as it is, and no slice gains a mask that had none.
 * Nothing lies outside `window`.
 */
export function volumeOf(
  raw: readonly (Mask | undefined)[],
  stack: Stack,
  window: Window,
): { readonly masks: readonly (Mask | undefined)[]; readonly volumeMm3: number | undefined } {
  const { up, down, spacingMm } = orderSlices(stack.slices, stack.key);
  const byPlace = [...down.stops.map((s) => s.index).reverse(), stack.key, ...up.stops.map((s) => s.index)];
  const layers = byPlace.filter((i) => raw[i] !== undefined);
  const key = layers.indexOf(stack.key);
  const cut = layers.map((i) => withinWindow(raw[i]!, window));
  const body = connectedTo(
    key,
    cut.map((layer, k) => (k === key ? layer : medianOf(cut[k - 1], layer, cut[k + 1]))),
    window,
  );

  const masks: (Mask | undefined)[] = raw.map(() => undefined);
  let volumeMm3 = spacingMm === undefined ? undefined : 0;
  layers.forEach((i, k) => {
    const mask = i === stack.key ? raw[i]! : onSlice(body[k]!, window, raw[i]!);
    const areaPx = mask.bits.reduce((sum, bit) => sum + bit, 0);
    if (areaPx === 0) return;
    masks[i] = mask;
    if (volumeMm3 !== undefined)
      volumeMm3 += areaPx * stack.spacing.betweenRows * stack.spacing.betweenColumns * thicknessMm(i, byPlace, stack);
  });
  return { masks, volumeMm3 };
}

/** A slice stands for half of the way to its neighbours; at an end of the stack, for as much on the far side as on the near one. */
function thicknessMm(index: number, byPlace: readonly number[], { slices }: Stack): number {
  const at = byPlace.indexOf(index);
  const step = (neighbour: number | undefined): number | undefined =>
    neighbour === undefined ? undefined : Math.abs(slices[neighbour]!.positionMm - slices[index]!.positionMm);
  const [below, above] = [step(byPlace[at - 1]), step(byPlace[at + 1])];
  return ((below ?? above ?? 0) + (above ?? below ?? 0)) / 2;
}

/** Of three bits the one that two have; beyond the ends there is nothing. */
function medianOf(below: Uint8Array | undefined, layer: Uint8Array, above: Uint8Array | undefined): Uint8Array {
  return layer.map((bit, i) => ((below?.[i] ?? 0) + bit + (above?.[i] ?? 0) >= 2 ? 1 : 0));
}

/** Flood from layer `key` over neighbours in three dimensions. */
function connectedTo(key: number, layers: readonly Uint8Array[], { width, height }: Window): readonly Uint8Array[] {
  const reached = layers.map((layer) => new Uint8Array(layer.length));
  const waiting: number[] = [];
  const area = width * height;
  const reach = (k: number, i: number): void => {
    if (layers[k]![i] === 0 || reached[k]![i] === 1) return;
    reached[k]![i] = 1;
    waiting.push(k * area + i);
  };
  for (let i = 0; i < area; i++) reach(key, i);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const k = Math.floor(next / area);
    const row = Math.floor((next % area) / width);
    const column = (next % area) % width;
    for (let z = Math.max(0, k - 1); z <= Math.min(layers.length - 1, k + 1); z++)
      for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++)
        for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) reach(z, y * width + x);
  }
  return reached;
}

function onSlice(layer: Uint8Array, { left, top, width, height }: Window, { rows, columns }: Mask): Mask {
  const bits = new Uint8Array(rows * columns);
  for (let row = 0; row < height; row++)
    bits.set(layer.subarray(row * width, (row + 1) * width), (top + row) * columns + left);
  return { rows, columns, bits };
}
