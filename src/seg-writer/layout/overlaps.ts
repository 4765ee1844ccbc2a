import { pixelsOf } from '../object/set-pixels.js';
import type { AdmittedLesion } from '../object/planned-object.js';

/** Lesions of one layer, and the pixels they take of each slice that holds several lesions. */
interface Layer {
  readonly lesions: AdmittedLesion[];
  readonly taken: Map<string, Set<number>>;
}

/**
 * Lesions in layers without shared pixels: each goes to the first layer that has room. One of the field's readers refuses overlapping segments
 * in one object, so an overlapping lesion starts another object.
 */
export function separateOverlaps(lesions: readonly AdmittedLesion[]): readonly (readonly AdmittedLesion[])[] {
  const lesionsOn = new Map<string, number>();
  for (const { slices } of lesions)
    for (const { source } of slices) {
      const slice = source.identity;
      lesionsOn.set(slice, (lesionsOn.get(slice) ?? 0) + 1);
    }
  const layers: Layer[] = [];
  for (const lesion of lesions) {
    // A lesion alone on a slice overlaps nothing there: its pixels need not be listed.
    const shared = lesion.slices
      .map(({ source, mask }) => ({ slice: source.identity, mask }))
      .filter(({ slice }) => lesionsOn.get(slice) !== 1)
      .map(({ slice, mask }) => ({ slice, pixels: [...pixelsOf(mask.bits)] }));
    const layer =
      layers.find(({ taken }) => shared.every(({ slice, pixels }) => isFree(pixels, taken.get(slice)))) ??
      newLayer(layers);
    layer.lesions.push(lesion);
    for (const { slice, pixels } of shared) take(pixels, slice, layer.taken);
  }
  return layers.map((layer) => layer.lesions);
}

function newLayer(layers: Layer[]): Layer {
  const layer: Layer = { lesions: [], taken: new Map() };
  layers.push(layer);
  return layer;
}

const isFree = (pixels: readonly number[], taken: ReadonlySet<number> | undefined): boolean =>
  taken === undefined || !pixels.some((pixel) => taken.has(pixel));

function take(pixels: readonly number[], slice: string, taken: Map<string, Set<number>>): void {
  const already = taken.get(slice);
  if (already) for (const pixel of pixels) already.add(pixel);
  else taken.set(slice, new Set(pixels));
}
