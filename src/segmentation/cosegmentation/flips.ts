import type { Flips, PatchProbability } from './network.js';

/** Mirror images: none, left and right exchanged, top and bottom exchanged, both. The first is the patch itself. */
interface Mirror {
  readonly x: boolean;
  readonly y: boolean;
}

const MIRRORS: Readonly<Record<Flips, readonly Mirror[]>> = {
  none: [{ x: false, y: false }],
  four: [
    { x: false, y: false },
    { x: true, y: false },
    { x: false, y: true },
    { x: true, y: true },
  ],
};

export const viewsOf = (flips: Flips): number => MIRRORS[flips].length;

/** The patch in all its mirror images, one after the other; channel by channel, each a square of `sizePx`. */
export function mirrored(patch: Float32Array, sizePx: number, flips: Flips): Float32Array {
  const mirrors = MIRRORS[flips];
  const views = new Float32Array(mirrors.length * patch.length);
  mirrors.forEach((mirror, v) =>
    mirrorInto(views.subarray(v * patch.length, (v + 1) * patch.length), patch, sizePx, mirror),
  );
  return views;
}

/** Mirror images' probabilities turned back and averaged; several for a view (one for each partner) follow one another view by view. */
export function unmirroredMean(views: Float32Array, sizePx: number, flips: Flips): PatchProbability {
  const pixels = sizePx * sizePx;
  const mirrors = MIRRORS[flips];
  const count = views.length / pixels;
  const back = new Float32Array(pixels);
  const sum = new Float64Array(pixels);
  for (let v = 0; v < count; v++) {
    mirrorInto(back, views.subarray(v * pixels, (v + 1) * pixels), sizePx, mirrors[v % mirrors.length]!);
    for (let p = 0; p < pixels; p++) sum[p] = sum[p]! + back[p]!;
  }
  return Float32Array.from(sum, (value) => value / count);
}

/** A mirror image of a mirror image is the image. */
function mirrorInto(out: Float32Array, image: Float32Array, sizePx: number, { x, y }: Mirror): void {
  const rows = image.length / sizePx;
  for (let row = 0; row < rows; row++) {
    const channel = row - (row % sizePx);
    const from = y ? channel + sizePx - 1 - (row % sizePx) : row;
    const line = out.subarray(row * sizePx, (row + 1) * sizePx);
    line.set(image.subarray(from * sizePx, (from + 1) * sizePx));
    if (x) line.reverse();
  }
}
