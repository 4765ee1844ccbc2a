import type { Picture } from './picture.js';

/** Longest distance of two pixels, and widest extent of all pixels perpendicular to one of the longest, by trying everything. */
export function slowAxes({ width, bits }: Picture, sx: number, sy: number): { long: number; short: number } {
  const pixels = [...bits].flatMap((bit, p) => (bit ? [{ x: (p % width) * sx, y: Math.floor(p / width) * sy }] : []));
  let long = 0;
  let short = 0;
  for (const a of pixels) {
    for (const b of pixels) {
      const length = Math.hypot(b.x - a.x, b.y - a.y);
      if (length < long - 1e-9) continue;
      const across = pixels.map((p) =>
        length === 0 ? 0 : ((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) / length,
      );
      const extent = Math.max(...across) - Math.min(...across);
      short = length > long + 1e-9 ? extent : Math.max(short, extent);
      long = Math.max(long, length);
    }
  }
  const least = 0.5 * Math.sqrt(sx * sy);
  return { long: Math.max(long, least), short: Math.max(short, least) };
}
