import type { Answer, Place } from './answer.js';
import type { TrueImage } from './series.js';

/** A segment of an object as it should be: pixels on one image or frame. */
export interface TrueSegment {
  readonly number: number;
  readonly image: TrueImage;
  readonly pixels: readonly number[];
}

/** How far, in pixels, a place may be off; what is written has at most 16 characters a number. */
const PIXEL_TOLERANCE = 0.02;

/** What is wrong with a reader's answer, in words; undefined where every voxel of every segment is at its place and no other is set. */
export function faultOf(answer: Answer, segments: readonly TrueSegment[]): string | undefined {
  switch (answer.kind) {
    case 'refused':
      return `refuses: ${answer.says}`;
    case 'by-source':
      return faultBySource(answer.planes, segments);
    case 'placed':
      return faultOfPlaced(answer.frames, segments);
    case 'volume':
      return faultOfVolume(answer, segments);
  }
}

function faultBySource(
  planes: Extract<Answer, { kind: 'by-source' }>['planes'],
  segments: readonly TrueSegment[],
): string | undefined {
  const found = planes.flatMap(({ segment, sop, frame, pixels }) =>
    pixels.map((pixel) => `${segment} ${sop} ${frame} ${pixel}`),
  );
  const expected = segments.flatMap(({ number, image, pixels }) =>
    pixels.map((pixel) => `${number} ${image.sop} ${image.frame} ${pixel}`),
  );
  return difference(found, expected);
}

function faultOfPlaced(
  frames: Extract<Answer, { kind: 'placed' }>['frames'],
  segments: readonly TrueSegment[],
): string | undefined {
  const found = frames
    .filter(({ pixels }) => pixels.length > 0)
    .flatMap((frame) => {
      const at = segments.findIndex(({ number, image }) => number === frame.segment && samePlace(image, frame));
      return frame.pixels.map((pixel) => `${at} ${pixel}`);
    });
  const expected = segments.flatMap(({ pixels }, at) => pixels.map((pixel) => `${at} ${pixel}`));
  return difference(found, expected);
}

function samePlace(image: TrueImage, frame: Place): boolean {
  const place = placeOf(image);
  return (['origin', 'alongRow', 'alongColumn'] as const).every((key) =>
    place[key].every((value, axis) => Math.abs(value - frame[key][axis]!) < (key === 'origin' ? 1e-6 : 1e-9)),
  );
}

/**
 * Every pixel of every segment, as a patient point, is a voxel of the volume and set, and nothing else is set; so are the corners of each image
 * voxels of the volume, which holds only if axes, spacing and origin are right.
 */
function faultOfVolume(
  { affine, shape, segments: volumes }: Extract<Answer, { kind: 'volume' }>,
  segments: readonly TrueSegment[],
): string | undefined {
  const toIndex = inverse(affine);
  const indexOf = (point: readonly number[]): readonly number[] | undefined => {
    const index = toIndex.map((row) => row[0]! * point[0]! + row[1]! * point[1]! + row[2]! * point[2]! + row[3]!);
    const nearest = index.map(Math.round);
    const isVoxel = index.every(
      (value, axis) =>
        Math.abs(value - nearest[axis]!) < PIXEL_TOLERANCE && nearest[axis]! >= 0 && nearest[axis]! < shape[axis]!,
    );
    return isVoxel ? nearest : undefined;
  };
  const expected: string[] = [];
  for (const { number, image, pixels } of segments) {
    const { rows, columns } = image;
    for (const corner of [0, columns - 1, (rows - 1) * columns, rows * columns - 1])
      if (indexOf(pointOf(image, corner)) === undefined) return 'a corner of an image is no voxel of the volume';
    for (const pixel of pixels) expected.push(`${number} ${indexOf(pointOf(image, pixel))?.join(' ')}`);
  }
  const found = Object.entries(volumes).flatMap(([number, voxels]) =>
    voxels.map((voxel) => `${number} ${voxel.join(' ')}`),
  );
  return difference(found, expected);
}

function pointOf(image: TrueImage, pixel: number): readonly number[] {
  const { origin, alongRow, alongColumn } = placeOf(image);
  const row = Math.floor(pixel / image.columns);
  const column = pixel % image.columns;
  return origin.map((value, axis) => value + column * alongRow[axis]! + row * alongColumn[axis]!);
}

function placeOf({ origin, alongRow, alongColumn }: TrueImage): Place {
  if (!origin || !alongRow || !alongColumn) throw new Error('a lesion on an image without a plane');
  return { origin, alongRow, alongColumn };
}

function difference(found: readonly string[], expected: readonly string[]): string | undefined {
  const there = new Set(found);
  const wanted = new Set(expected);
  const missing = [...wanted].filter((voxel) => !there.has(voxel)).length;
  const extra = [...there].filter((voxel) => !wanted.has(voxel)).length;
  if (missing === 0 && extra === 0) return undefined;
  return found.length === 0 ? 'is empty' : `-${missing} +${extra} of ${wanted.size} voxels`;
}

/** Of an affine 4 x 4 matrix whose last row is 0 0 0 1; the first three rows of the inverse. */
function inverse(affine: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const [a, b, c] = [0, 1, 2].map((column) => [0, 1, 2].map((row) => affine[row]![column]!)) as [
    number[],
    number[],
    number[],
  ];
  const t = [0, 1, 2].map((row) => affine[row]![3]!);
  const crossOf = (u: number[], v: number[]): number[] => [
    u[1]! * v[2]! - u[2]! * v[1]!,
    u[2]! * v[0]! - u[0]! * v[2]!,
    u[0]! * v[1]! - u[1]! * v[0]!,
  ];
  const dotOf = (u: number[], v: number[]): number => u[0]! * v[0]! + u[1]! * v[1]! + u[2]! * v[2]!;
  const volume = dotOf(a, crossOf(b, c));
  return [crossOf(b, c), crossOf(c, a), crossOf(a, b)].map((row) => {
    const scaled = row.map((value) => value / volume);
    return [...scaled, -dotOf(scaled, t)];
  });
}
