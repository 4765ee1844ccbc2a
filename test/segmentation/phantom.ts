import type { Mask, MethodName } from '../../src/domain/index.js';
import type { SegmentationTask } from '../../src/segmentation/index.js';
import { marksAt, spacingOf } from './marks.js';
import { numbersFrom } from './reference/picture.js';

interface PhantomOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly centre?: readonly [number, number];
  readonly half?: readonly [number, number];
  readonly degrees?: number;
  readonly contrast?: number;
  readonly noise?: number;
  readonly method?: MethodName;
  readonly seed?: number;
}

/** An elliptic lesion of 80 HU in 20 HU of tissue with noise, its marks, and its truth. */
export function phantom({
  columns = 64,
  rows = 56,
  centre = [31.5, 27.5],
  half = [12, 8],
  degrees = 20,
  contrast = 60,
  noise = 20,
  method = 'grabcut',
  seed = 1,
}: PhantomOptions = {}): { task: SegmentationTask; truth: Mask } {
  const numbers = numbersFrom(seed);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [x0, y0] = centre;
  const [a, b] = half;
  const bits = Uint8Array.from({ length: rows * columns }, (_, p) => {
    const [x, y] = [(p % columns) - x0, Math.floor(p / columns) - y0];
    return Math.hypot((x * cos + y * sin) / (a + 0.5), (y * cos - x * sin) / (b + 0.5)) <= 1 ? 1 : 0;
  });
  const hu = Float32Array.from(bits, (bit) => 20 + contrast * bit + numbers(noise) + numbers(noise) - noise);
  const marks = marksAt(
    [x0 - a * cos, y0 - a * sin],
    [x0 + a * cos, y0 + a * sin],
    [x0 + b * sin, y0 - b * cos],
    [x0 - b * sin, y0 + b * cos],
  );
  return { task: { hu, rows, columns, spacing: spacingOf(0.75), marks, method }, truth: { rows, columns, bits } };
}
