import { describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import fc from 'fast-check';
import { mm, patientPoint, pixelIndex, type HuSlice, type Mask, type PixelMarks } from '../../src/domain/index.js';
import { lesionRegion, overlayPng, overlaySvg, slicePng, WINDOWS, wholeSlice } from '../../src/pictures/index.js';

const sliceOf = (columns: number, rows: number, hu: (column: number, row: number) => number): HuSlice => ({
  plane: {
    rows,
    columns,
    spacing: { betweenRows: mm(1), betweenColumns: mm(1) },
    position: patientPoint(0, 0, 0),
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    frameOfReferenceUID: undefined,
  },
  hu: Float32Array.from({ length: rows * columns }, (_, p) => hu(p % columns, Math.floor(p / columns))),
  lossy: false,
});
const maskOf = (columns: number, rows: number, inside: (column: number, row: number) => boolean): Mask => ({
  rows,
  columns,
  bits: Uint8Array.from({ length: rows * columns }, (_, p) => (inside(p % columns, Math.floor(p / columns)) ? 1 : 0)),
});
const marks: PixelMarks = {
  longAxis: [pixelIndex(20, 30), pixelIndex(40, 30)],
  shortAxis: [pixelIndex(30, 24), pixelIndex(30, 36)],
};

/** Area between closed polygons by the shoelace formula; holes run the other way round. */
const areaOf = (path: string): number =>
  path
    .split('M')
    .filter((part) => part !== '')
    .map((part) =>
      part
        .replace('Z', '')
        .split('L')
        .map((p) => p.split(' ').map(Number) as [number, number]),
    )
    .reduce(
      (sum, corners) =>
        sum +
        corners.reduce(
          (a, [x, y], i) => a + (x * corners[(i + 1) % corners.length]![1] - y * corners[(i + 1) % corners.length]![0]),
          0,
        ) /
          2,
      0,
    );

describe('the overlay', () => {
  test('outlines enclose exactly the pixels of the mask, holes and diagonal neighbours included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 63, maxLength: 63 }), (bits) => {
        const mask: Mask = { rows: 7, columns: 9, bits: Uint8Array.from(bits) };
        const svg = overlaySvg({ column: 0, row: 0, columns: 9, rows: 7 }, marks, mask);
        const path = /class="contour" d="([^"]*)"/.exec(svg)![1]!;
        expect(areaOf(path)).toBe(bits.reduce((a, b) => a + b, 0));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('marks stand at pixel centres: half a pixel from the corner in which SVG counts', () => {
    const svg = overlaySvg({ column: 0, row: 0, columns: 64, rows: 64 }, marks, undefined);
    expect(svg).toContain('<line class="long-axis" x1="20.5" y1="30.5" x2="40.5" y2="30.5"/>');
    expect(svg).toContain('viewBox="0 0 64 64"');
  });

  test('the window maps its ends to black and white and its centre to middle grey', () => {
    const slice = sliceOf(3, 1, (column) => [-160, 40, 240][column]!);
    const png = decode(slicePng(slice, wholeSlice(slice), WINDOWS.soft));
    expect([png.channels, png.depth, ...png.data]).toEqual([1, 8, 0, 128, 255]);
  });

  test('the region holds marks and mask and stays on the slice', () => {
    const slice = sliceOf(200, 150, () => 0);
    const mask = maskOf(200, 150, (c, r) => c >= 10 && c < 60 && r >= 20 && r < 45);
    const region = lesionRegion(slice, marks, mask);
    expect(region.columns).toBe(region.rows);
    expect(region.column).toBeLessThanOrEqual(10);
    expect(region.column + region.columns).toBeGreaterThanOrEqual(60);
    expect(region.row).toBeGreaterThanOrEqual(0);
    expect(region.row + region.rows).toBeLessThanOrEqual(150);
  });

  test('the picture shows contour and marks in their colours where they are', () => {
    const slice = sliceOf(64, 64, () => -100);
    const mask = maskOf(64, 64, (c, r) => c >= 20 && c <= 40 && r >= 24 && r <= 36);
    const png = decode(overlayPng(slice, marks, mask, 480));
    const region = lesionRegion(slice, marks, mask);
    const at = (column: number, row: number) => {
      const x = 480 + Math.round(((column - region.column) * 480) / region.columns);
      const y = Math.round(((row - region.row) * 480) / region.rows);
      return [...png.data.subarray(3 * (y * png.width + x), 3 * (y * png.width + x) + 3)];
    };
    const farFrom = (colour: number[], wanted: number[]) =>
      Math.max(...colour.map((value, i) => Math.abs(value - wanted[i]!)));
    expect(farFrom(at(30, 24), [240, 228, 66])).toBeLessThan(60); // upper edge of the mask's first row
    expect(farFrom(at(25.5, 30.5), [86, 180, 233])).toBeLessThan(60); // on the long axis
    expect(farFrom(at(30.5, 28.5), [230, 159, 0])).toBeLessThan(60); // on the short axis
    const [red, green, blue] = at(23, 27);
    expect([green, blue]).toEqual([red, red]);
  });
});
