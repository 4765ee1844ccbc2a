import { encode } from 'fast-png';
import { type Mask, type PixelMarks } from '../domain/index.js';
import { outlinesOf } from './contour.js';
import { greyLevels, windowFor, wholeSlice, type Region, type ShownSlice, type Window } from './window.js';

/** Colours that colour-blind readers tell apart (Okabe and Ito). */
const CONTOUR = [240, 228, 66] as const;
const LONG_AXIS = [86, 180, 233] as const;
const SHORT_AXIS = [230, 159, 0] as const;

/** An 8-bit grey PNG of a region of a slice. */
export function slicePng(slice: ShownSlice, region: Region, window: Window): Uint8Array {
  return encode({
    width: region.columns,
    height: region.rows,
    data: greyLevels(slice, region, window),
    channels: 1,
    depth: 8,
  });
}

/** The square around marks and mask in which a lesion is looked at: half as much again on every side, at least 48 pixels. */
export function lesionRegion(slice: ShownSlice, marks: PixelMarks, mask: Mask | undefined): Region {
  const { rows, columns } = slice.plane;
  let left = columns;
  let top = rows;
  let right = 0;
  let bottom = 0;
  const include = (column: number, row: number) => {
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  };
  for (const end of [...marks.longAxis, ...(marks.shortAxis ?? [])]) include(end.column, end.row);
  if (mask)
    for (let p = 0; p < mask.bits.length; p++) if (mask.bits[p] === 1) include(p % columns, Math.floor(p / columns));
  const side = Math.min(rows, columns, Math.max(48, Math.ceil(2 * Math.max(right - left, bottom - top))));
  const start = (from: number, to: number, size: number) =>
    Math.max(0, Math.min(size - side, Math.round((from + to) / 2 - side / 2)));
  return { column: start(left, right, columns), row: start(top, bottom, rows), columns: side, rows: side };
}

/**
 * The picture a person checks: the slice on the left with a frame round the lesion, the lesion enlarged on the right with marks and contour.
 * `panelPx` is the side of each panel.
 */
export function overlayPng(slice: ShownSlice, marks: PixelMarks, mask: Mask | undefined, panelPx = 480): Uint8Array {
  const region = lesionRegion(slice, marks, mask);
  const window = windowFor(slice, region);
  const width = 2 * panelPx;
  const picture: Canvas = { width, height: panelPx, rgb: new Uint8Array(width * panelPx * 3) };
  const whole = wholeSlice(slice);
  const fit = panelPx / Math.max(whole.columns, whole.rows);
  paintSlice(picture, slice, whole, window, { left: 0, scale: fit, panelPx });
  const frame = [
    [region.column, region.row],
    [region.column + region.columns, region.row],
    [region.column + region.columns, region.row + region.rows],
    [region.column, region.row + region.rows],
  ] as const;
  frame.forEach(([x, y], i) => {
    const [toX, toY] = frame[(i + 1) % 4]!;
    drawLine(picture, { x: x * fit, y: y * fit }, { x: toX * fit, y: toY * fit }, CONTOUR, 1.2);
  });

  const scale = panelPx / region.columns;
  paintSlice(picture, slice, region, window, { left: panelPx, scale, panelPx });
  const place = (x: number, y: number) => ({ x: panelPx + (x - region.column) * scale, y: (y - region.row) * scale });
  if (mask)
    for (const outline of outlinesOf(mask))
      outline.forEach((corner, i) => {
        const to = outline[(i + 1) % outline.length]!;
        drawLine(picture, place(corner.x, corner.y), place(to.x, to.y), CONTOUR, 1.8);
      });
  const mark = (ends: PixelMarks['longAxis'], colour: readonly [number, number, number]) =>
    drawLine(
      picture,
      place(ends[0].column + 0.5, ends[0].row + 0.5),
      place(ends[1].column + 0.5, ends[1].row + 0.5),
      colour,
      1.6,
    );
  mark(marks.longAxis, LONG_AXIS);
  if (marks.shortAxis) mark(marks.shortAxis, SHORT_AXIS);
  return encode({ width, height: panelPx, data: picture.rgb, channels: 3, depth: 8 });
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Enlarges by bilinear interpolation between pixel centres, so that the picture does not look sharper than it is. */
function paintSlice(
  canvas: Canvas,
  slice: ShownSlice,
  region: Region,
  window: Window,
  place: { readonly left: number; readonly scale: number; readonly panelPx: number },
): void {
  const grey = greyLevels(slice, region, window);
  const at = (column: number, row: number) =>
    grey[
      Math.max(0, Math.min(region.rows - 1, row)) * region.columns + Math.max(0, Math.min(region.columns - 1, column))
    ]!;
  for (let y = 0; y < Math.min(place.panelPx, Math.floor(region.rows * place.scale)); y++)
    for (let x = 0; x < Math.min(place.panelPx, Math.floor(region.columns * place.scale)); x++) {
      const column = (x + 0.5) / place.scale - 0.5;
      const row = (y + 0.5) / place.scale - 0.5;
      const c = Math.floor(column);
      const r = Math.floor(row);
      const u = column - c;
      const v = row - r;
      const value =
        (at(c, r) * (1 - u) + at(c + 1, r) * u) * (1 - v) + (at(c, r + 1) * (1 - u) + at(c + 1, r + 1) * u) * v;
      const p = 3 * (y * canvas.width + place.left + x);
      canvas.rgb.fill(Math.round(value), p, p + 3);
    }
}

/** An anti-aliased line `thickPx` wide: each pixel is covered by how near its centre lies. */
function drawLine(
  canvas: Canvas,
  from: { x: number; y: number },
  to: { x: number; y: number },
  colour: readonly [number, number, number],
  thickPx: number,
): void {
  const reach = thickPx / 2 + 1;
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const dx = (to.x - from.x) / length;
  const dy = (to.y - from.y) / length;
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const right = Math.min(canvas.width - 1, Math.ceil(Math.max(from.x, to.x) + reach));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const bottom = Math.min(canvas.height - 1, Math.ceil(Math.max(from.y, to.y) + reach));
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - from.x;
      const py = y + 0.5 - from.y;
      const along = Math.max(0, Math.min(length, px * dx + py * dy));
      const cover = Math.max(0, Math.min(1, thickPx / 2 + 0.5 - Math.hypot(px - along * dx, py - along * dy)));
      if (cover === 0) continue;
      const p = 3 * (y * canvas.width + x);
      for (let c = 0; c < 3; c++) canvas.rgb[p + c] = Math.round(canvas.rgb[p + c]! * (1 - cover) + colour[c]! * cover);
    }
}
