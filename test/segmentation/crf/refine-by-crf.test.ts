import { describe, expect, it } from '@jest/globals';
import { countPixels, pixelIndex, type Mask, type PixelIndex } from '../../../src/domain/index.js';
import { REFINEMENT } from '../../../src/segmentation/crf/crf-settings.js';
import {
  dice,
  refineByCrf,
  refineByCrfOn,
  segmentLesion,
  WorkspaceShelf,
  type LesionMask,
  type SegmentationTask,
} from '../../../src/segmentation/index.js';
import { spacingOf } from '../marks.js';
import { phantom } from '../phantom.js';
import { numbersFrom } from '../reference/picture.js';

function segmented(task: SegmentationTask): LesionMask {
  const result = segmentLesion(task);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const withMask = (lesion: LesionMask, bits: Uint8Array): LesionMask => ({ ...lesion, mask: { ...lesion.mask, bits } });

/** The mask with a share of the pixels at its outline taken away and as many put on. */
function frayed({ rows, columns, bits }: Mask, seed: number): Uint8Array {
  const numbers = numbersFrom(seed);
  return bits.map((bit, p) => {
    const inside = p > columns && p < (rows - 1) * columns;
    const beside = inside && [1, -1, columns, -columns].some((step) => bits[p + step] !== bit);
    return beside && numbers(3) === 0 ? 1 - bit : bit;
  });
}

describe('refinement by CRF', () => {
  it('mends a frayed outline', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { task, truth } = phantom({ seed, contrast: 90 });
      const lesion = withMask(segmented(task), frayed(truth, seed));
      const refined = refineByCrf(task, lesion);
      expect(dice(truth, refined.mask)).toBeGreaterThan(dice(truth, lesion.mask) + 0.02);
    }
  });

  it('measures the new mask and keeps what is known of the lesion', () => {
    const { task, truth } = phantom({ seed: 3 });
    const lesion = withMask({ ...segmented(task), findings: [{ code: 'mask.from-shape' }] }, frayed(truth, 3));
    const refined = refineByCrf(task, lesion);
    expect(refined.mask.bits).not.toEqual(lesion.mask.bits);
    expect(refined.areaPx).toBe(countPixels(refined.mask));
    expect(refined.areaMm2).toBeCloseTo(refined.areaPx * 0.75 * 0.75);
    expect(refined.method).toBe('grabcut');
    expect(refined.findings).toEqual([{ code: 'mask.from-shape' }]);
    for (const end of refined.axes.longAxis)
      expect(refined.mask.bits[Math.round(end.row) * task.columns + Math.round(end.column)]).toBe(1);
    expect(refined.agreement).toBeGreaterThan(0.5);
  });

  it('is the same every time, with memory of its own or kept', () => {
    const shelf = new WorkspaceShelf();
    for (const seed of [1, 2, 1]) {
      const { task } = phantom({ seed, columns: 64 + seed });
      const lesion = segmented(task);
      expect(refineByCrfOn(shelf, task, lesion)).toEqual(refineByCrf(task, lesion));
    }
  });

  it('moves, flips and turns with the slice', () => {
    const { task, truth } = phantom({ seed: 4 });
    const { rows, columns } = task;
    const lesion = withMask(segmented(task), frayed(truth, 4));
    const straight = refineByCrf(task, lesion).mask.bits;
    const ways: readonly [rows: number, columns: number, to: (p: PixelIndex) => PixelIndex][] = [
      [rows, columns, ({ column, row }) => pixelIndex(columns - 1 - column, row)],
      [rows, columns, ({ column, row }) => pixelIndex(column, rows - 1 - row)],
      [columns, rows, ({ column, row }) => pixelIndex(rows - 1 - row, column)],
      [rows + 9, columns + 5, ({ column, row }) => pixelIndex(column + 3, row + 7)],
    ];
    for (const [newRows, newColumns, to] of ways) {
      const moved = <T extends Float32Array | Uint8Array>(values: T, out: T): T => {
        for (let p = 0; p < values.length; p++) {
          const { column, row } = to(pixelIndex(p % columns, Math.floor(p / columns)));
          out[row * newColumns + column] = values[p]!;
        }
        return out;
      };
      const bits = (from: Uint8Array): Uint8Array => moved(from, new Uint8Array(newRows * newColumns));
      const { longAxis, shortAxis } = task.marks;
      const there: SegmentationTask = {
        ...task,
        rows: newRows,
        columns: newColumns,
        hu: moved(task.hu, new Float32Array(newRows * newColumns)),
        marks: {
          longAxis: [to(longAxis[0]), to(longAxis[1])],
          shortAxis: shortAxis && [to(shortAxis[0]), to(shortAxis[1])],
        },
      };
      const mask = { rows: newRows, columns: newColumns, bits: bits(lesion.mask.bits) };
      // where the slice grew, its new pixels are too far off to be looked at
      expect(refineByCrf(there, { ...lesion, mask }).mask.bits).toEqual(bits(straight));
    }
  });

  it('takes lengths in mm: half the rows, twice as far apart, is nearly the same lesion', () => {
    const { task, truth } = phantom({ rows: 112, centre: [31.5, 55.5], half: [12, 12], contrast: 90 });
    const half = (values: ArrayLike<number>): number[] =>
      Array.from({ length: 56 * 64 }, (_, p) => values[2 * Math.floor(p / 64) * 64 + (p % 64)]!);
    const up = ({ column, row }: PixelIndex): PixelIndex => pixelIndex(column, row / 2);
    const { longAxis, shortAxis } = task.marks;
    const flat: SegmentationTask = {
      ...task,
      rows: 56,
      hu: Float32Array.from(half(task.hu)),
      spacing: spacingOf(0.75, 1.5),
      marks: {
        longAxis: [up(longAxis[0]), up(longAxis[1])],
        shortAxis: shortAxis && [up(shortAxis[0]), up(shortAxis[1])],
      },
    };
    const flatTruth = { rows: 56, columns: 64, bits: Uint8Array.from(half(truth.bits)) };
    const refined = refineByCrf(flat, withMask(segmented(flat), frayed(flatTruth, 1)));
    expect(dice(flatTruth, refined.mask)).toBeGreaterThan(0.93);
  });

  it('gives a mask back of which nothing would be left', () => {
    const { task } = phantom();
    const lesion = segmented(task);
    const empty = withMask(lesion, new Uint8Array(task.rows * task.columns));
    expect(refineByCrf(task, empty)).toBe(empty);
    const strong = { ...REFINEMENT, spatial: { ...REFINEMENT.spatial, weight: 50 }, certainty: 0.6, logOddsPerPx: 0 };
    const speck = withMask(lesion, new Uint8Array(task.rows * task.columns).fill(1, 27 * 64 + 31, 27 * 64 + 32));
    expect(refineByCrfOn(new WorkspaceShelf(), task, speck, strong)).toBe(speck);
  });

  it('is defined on a slice without contrast and at its border', () => {
    const { task } = phantom({ contrast: 0, noise: 1 });
    const flat = { ...task, hu: new Float32Array(task.rows * task.columns).fill(40) };
    expect(refineByCrf(flat, segmented(flat)).areaPx).toBeGreaterThan(0);
    const corner = phantom({ centre: [3, 2], half: [8, 6], contrast: 90 });
    const marks = { longAxis: [pixelIndex(0, 2), pixelIndex(10, 2)], shortAxis: undefined } as const;
    const cut = { ...corner.task, marks };
    expect(refineByCrf(cut, segmented(cut)).areaPx).toBeGreaterThan(0);
  });

  it('refuses a mask of another slice', () => {
    const lesion = segmented(phantom().task);
    expect(() => refineByCrf(phantom({ columns: 60 }).task, lesion)).toThrow(RangeError);
  });
});
