import type { Mask, PixelMarks } from '../domain/index.js';
import { outlinesOf } from './contour.js';
import type { Region } from './window.js';

/**
 * Marks and contour as an SVG that lies exactly over the picture of `region`: one user unit a pixel, pixel centres at halves. `further`: more
 * elements of it.
 */
export function overlaySvg(region: Region, marks: PixelMarks, mask: Mask | undefined, further = ''): string {
  const lines = [marks.longAxis, ...(marks.shortAxis ? [marks.shortAxis] : [])]
    .map(
      ([a, b], i) =>
        `<line class="${i === 0 ? 'long-axis' : 'short-axis'}" x1="${number(a.column + 0.5)}" y1="${number(a.row + 0.5)}" x2="${number(b.column + 0.5)}" y2="${number(b.row + 0.5)}"/>`,
    )
    .join('');
  const path = mask ? `<path class="contour" d="${contourPath(mask)}"/>` : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${region.column} ${region.row} ${region.columns} ${region.rows}">` +
    `<g fill="none" vector-effect="non-scaling-stroke">${path}${further}${lines}</g></svg>`
  );
}

/** The outlines of a mask as the data of an SVG path. */
export const contourPath = (mask: Mask): string =>
  outlinesOf(mask)
    .map((outline) => `M${outline.map((c) => `${c.x} ${c.y}`).join('L')}Z`)
    .join('');

const number = (value: number): string => String(Math.round(value * 100) / 100);
