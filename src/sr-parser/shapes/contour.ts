import type { ImageReference } from '../../domain/index.js';
import type { Group } from '../groups.js';
import type { ShapeLetter } from './reading.js';

/**
 * C: numbers beside a region of many points (TID 1410). The contour is not the axes: such a measurement has two numbers, an image and no marks.
 */
export function contourOf(
  group: Group,
): { readonly letters: readonly ShapeLetter[]; readonly images: readonly ImageReference[] } | undefined {
  const graphics = [
    ...group.regions,
    ...group.numbers.flatMap((number) => number.graphics.map(({ graphic }) => graphic)),
  ].filter((graphic) => graphic.type !== 'POINT');
  if (graphics.length === 0) return undefined;
  return {
    letters: graphics.some((graphic) => graphic.space === 'patient') ? ['C', 'D'] : ['C'],
    images: graphics.flatMap((graphic) => graphic.images),
  };
}
