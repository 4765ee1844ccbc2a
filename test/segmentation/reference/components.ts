import type { Picture } from './picture.js';

/** The 4-connected set around a pixel, by spreading until nothing changes. */
export function componentAround({ width, height, bits }: Picture, start: number): Set<number> {
  const component = new Set([start]);
  for (let size = 0; size !== component.size;) {
    size = component.size;
    for (let p = 0; p < width * height; p++) {
      if (bits[p] !== bits[start]) continue;
      const x = p % width;
      const beside = [x > 0 ? p - 1 : -1, x < width - 1 ? p + 1 : -1, p - width, p + width];
      if (beside.some((q) => component.has(q))) component.add(p);
    }
  }
  return component;
}

/** The mask's component with most marks (then the larger one), with what it encloses. */
export function slowCleanUp(mask: Picture, marks: readonly number[]): Uint8Array {
  const { width, height, bits } = mask;
  const seen = new Set<number>();
  let kept = new Set<number>();
  const onMarks = (c: Set<number>): number => marks.filter((m) => c.has(m)).length;
  bits.forEach((bit, p) => {
    if (bit === 0 || seen.has(p)) return;
    const component = componentAround(mask, p);
    component.forEach((q) => seen.add(q));
    const better = onMarks(component) - onMarks(kept);
    if (kept.size === 0 || better > 0 || (better === 0 && component.size > kept.size)) kept = component;
  });
  const only = { width, height, bits: bits.map((_, p) => (kept.has(p) ? 1 : 0)) };
  return only.bits.map((bit, p) => {
    if (bit === 1) return 1;
    const gap = componentAround(only, p);
    const open = [...gap].some(
      (q) => q % width === 0 || q % width === width - 1 || q < width || q >= width * (height - 1),
    );
    return open ? 0 : 1;
  });
}
