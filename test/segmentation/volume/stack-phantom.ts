import type { Mask } from '../../../src/domain/index.js';
import type { WholeVolumeTask } from '../../../src/segmentation/index.js';
import { segmentLesion } from '../../../src/segmentation/index.js';
import { marksAt, spacingOf } from '../marks.js';
import { numbersFrom } from '../reference/picture.js';

/** Whether a place in mm belongs to a lesion; the marked slice lies at z = 0. */
export type Solid = (x: number, y: number, z: number) => boolean;

export const ellipsoid =
  (a: number, b: number, c: number): Solid =>
  (x, y, z) =>
    Math.hypot(x / a, y / b, z / c) <= 1;
export const cylinder =
  (radius: number, halfHeight: number): Solid =>
  (x, y, z) =>
    Math.hypot(x, y) <= radius && Math.abs(z) <= halfHeight;

interface StackOptions {
  readonly solid: Solid;
  /** Half-axes of the marks on the slice at z = 0, in mm. */
  readonly marked: readonly [number, number];
  /** What looks like the lesion and is none of it. */
  readonly other?: Solid;
  readonly stepMm?: number;
  readonly slices?: number;
  readonly contrast?: number;
  readonly noise?: number;
}

const PIXEL_MM = 0.8;
const SIZE = 96;

export interface StackPhantom {
  readonly task: WholeVolumeTask;
  /** By slice. */
  readonly truth: readonly Mask[];
}

/** A lesion in tissue with noise on a stack of slices around z = 0, averaged over pixels and thickness; its marks, and its mask at z = 0 by GrabCut. */
export function stackPhantom({
  solid,
  marked: [a, b],
  other = () => false,
  stepMm = 2,
  slices = 25,
  contrast = 60,
  noise = 20,
}: StackOptions): StackPhantom {
  const numbers = numbersFrom(3);
  const centre = (SIZE - 1) / 2;
  const mm = (pixel: number): number => (pixel - centre) * PIXEL_MM;
  const half = (slices - 1) / 2;
  const truth: Mask[] = [];
  const stack = Array.from({ length: slices }, (_, s) => {
    const z = (s - half) * stepMm;
    const bits = new Uint8Array(SIZE * SIZE);
    const hu = Float32Array.from({ length: SIZE * SIZE }, (_unused, p) => {
      const [x, y] = [mm(p % SIZE), mm(Math.floor(p / SIZE))];
      bits[p] = solid(x, y, z) ? 1 : 0;
      let covered = 0;
      for (const dz of [-1 / 3, 0, 1 / 3])
        for (const dx of [-0.25, 0.25])
          for (const dy of [-0.25, 0.25]) {
            const at: [number, number, number] = [x + dx * PIXEL_MM, y + dy * PIXEL_MM, z + dz * stepMm];
            if (solid(...at) || other(...at)) covered++;
          }
      return 20 + (contrast * covered) / 12 + numbers(noise) + numbers(noise) - noise;
    });
    truth.push({ rows: SIZE, columns: SIZE, bits });
    return { name: String(s).padStart(3, '0'), positionMm: z, hu };
  });
  const px = (length: number): number => length / PIXEL_MM;
  const marks = marksAt(
    [centre - px(a), centre],
    [centre + px(a), centre],
    [centre, centre - px(b)],
    [centre, centre + px(b)],
  );
  const base = { rows: SIZE, columns: SIZE, spacing: spacingOf(PIXEL_MM), marks };
  const onKey = segmentLesion({ ...base, hu: stack[half]!.hu, method: 'grabcut' });
  if (!onKey.ok) throw new Error(onKey.error);
  return { task: { ...base, mask: onKey.value.mask, slices: stack, key: half }, truth };
}
