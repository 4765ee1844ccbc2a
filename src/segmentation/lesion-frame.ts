import {
  fail,
  finding,
  ok,
  type Finding,
  type Pair,
  type PixelIndex,
  type PixelMarks,
  type PixelSpacing,
  type ReasonCode,
  type Result,
} from '../domain/index.js';

/**
 * The oblique frame that two marks span: a pixel X is centre + along * u + across * v, u and v the unit vectors of the long and of the short
 * axis, lengths in mm. Four half-lengths, since real axes rarely halve each other.
 */
export interface LesionFrame {
  /** An end of the long axis, in pixels: positions are kept relative to it. */
  readonly origin: Vector;
  /** From the origin, in mm. */
  readonly centre: Vector;
  readonly along: Vector;
  readonly across: Vector;
  /** Sine of the angle from along to across. */
  readonly sine: number;
  readonly forward: number;
  readonly backward: number;
  readonly left: number;
  readonly right: number;
  /** sqrt(long * short) / 2: what one unit of rho is worth at the outline. */
  readonly radiusMm: number;
  /** How the frame was made; `agreement.ts` trusts the last two less. */
  readonly kind: 'crossing' | 'not-crossing' | 'single';
}

/** x grows with the column, y with the row. */
export interface Vector {
  readonly x: number;
  readonly y: number;
}

/** The marks as they are computed with, the longer axis first. */
export interface MeasuredMarks {
  readonly long: Segment;
  readonly short: Segment | undefined;
  readonly spacing: PixelSpacing;
  readonly findings: readonly Finding[];
}

export interface Segment {
  /** In pixels, multiples of a 256th. */
  readonly from: Vector;
  readonly to: Vector;
  /** From one end to the other, in mm. */
  readonly reach: Vector;
  readonly lengthMm: number;
}

/** Median of short over long in DeepLesion (4,927 test rows): what a second axis would be where only one was drawn. */
export const USUAL_AXIS_RATIO = 0.75;
/** A crossing that misses a segment by at most this share of it is moved onto it. */
const CROSSING_SLACK = 0.15;
/** Sine of the angle under which two axes count as parallel. */
const PARALLEL = 0.2;
/** Where the frame is not the axes' own, a half-length is at least this share of its axis. */
const LEAST_HALF = 0.25;
/** Half-lengths are at least half a pixel. */
const LEAST_HALF_PX = 0.5;

/**
 * Marks are rounded to a 256th of a pixel: differences of such numbers are exact, so that a lesion gets the same contour wherever it lies on its
 * slice and however the slice is turned or flipped.
 */
const SUBPIXELS = 256;

/** Both axes in mm. Errors: an axis without length; coordinates that are no numbers. */
export function measureMarks(marks: PixelMarks, spacing: PixelSpacing): Result<MeasuredMarks, ReasonCode> {
  const first = segmentOf(marks.longAxis, spacing);
  const second = marks.shortAxis && segmentOf(marks.shortAxis, spacing);
  for (const segment of second ? [first, second] : [first]) {
    if (!Number.isFinite(segment.lengthMm)) return fail('marks-off-slice');
    if (segment.lengthMm === 0) return fail('axes-zero-length');
  }
  if (!second) return ok({ long: first, short: undefined, spacing, findings: [finding('axes.single')] });
  return second.lengthMm > first.lengthMm
    ? ok({ long: second, short: first, spacing, findings: [finding('axes.exchanged')] })
    : ok({ long: first, short: second, spacing, findings: [] });
}

/** The frame of the four-quadrant superellipse. Total: axes that do not cross, are parallel or single get the frame that comes nearest. */
export function obliqueFrame(marks: MeasuredMarks): LesionFrame {
  const { long, short, spacing } = marks;
  if (!short) return singleAxisFrame(long, spacing);
  const along = unit(long);
  const across = unit(short);
  const sine = cross(along, across);
  if (Math.abs(sine) < PARALLEL) return uncrossedFrame(long, short, spacing);

  // where the lines cross, as a share of each segment
  const between = inMm(long.from, short.from, spacing);
  const onLong = cross(between, across) / sine / long.lengthMm;
  const onShort = cross(between, along) / sine / short.lengthMm;
  if (missesBy(onLong) > CROSSING_SLACK || missesBy(onShort) > CROSSING_SLACK)
    return uncrossedFrame(long, short, spacing);
  const place = Math.min(1, Math.max(0, onLong));
  return frame('crossing', long.from, scaled(long.reach, place), along, across, spacing, {
    forward: (1 - place) * long.lengthMm,
    backward: place * long.lengthMm,
    left: (1 - onShort) * short.lengthMm,
    right: onShort * short.lengthMm,
    radiusMm: Math.sqrt(long.lengthMm * short.lengthMm) / 2,
  });
}

/** The frame of the plain ellipse: centre of the four end points, half the axes' lengths, perpendicular. */
export function ellipseFrame(marks: MeasuredMarks): LesionFrame {
  const { long, short, spacing } = marks;
  if (!short) return singleAxisFrame(long, spacing);
  const along = unit(long);
  return frame('crossing', long.from, middleOf(long, short, spacing), along, perpendicular(along), spacing, {
    forward: long.lengthMm / 2,
    backward: long.lengthMm / 2,
    left: short.lengthMm / 2,
    right: short.lengthMm / 2,
    radiusMm: Math.sqrt(long.lengthMm * short.lengthMm) / 2,
  });
}

/** Side of the square that has a pixel's area. */
export const pixelMm = (spacing: PixelSpacing): number => Math.sqrt(spacing.betweenRows * spacing.betweenColumns);

function uncrossedFrame(long: Segment, short: Segment, spacing: PixelSpacing): LesionFrame {
  const centre = middleOf(long, short, spacing);
  const along = unit(long);
  const across = perpendicular(along);
  const reach = (end: Vector, direction: Vector): number =>
    dot(minus(inMm(long.from, end, spacing), centre), direction);
  const shortEnds = [reach(short.from, across), reach(short.to, across)];
  return frame('not-crossing', long.from, centre, along, across, spacing, {
    forward: Math.max(reach(long.to, along), LEAST_HALF * long.lengthMm),
    backward: Math.max(-reach(long.from, along), LEAST_HALF * long.lengthMm),
    left: Math.max(...shortEnds, LEAST_HALF * short.lengthMm),
    right: Math.max(-Math.min(...shortEnds), LEAST_HALF * short.lengthMm),
    radiusMm: Math.sqrt(long.lengthMm * short.lengthMm) / 2,
  });
}

const singleAxisFrame = (long: Segment, spacing: PixelSpacing): LesionFrame =>
  roundFrame(long, USUAL_AXIS_RATIO, spacing);

/** The circle that has the long axis as its diameter. */
export const circleFrame = ({ long, spacing }: MeasuredMarks): LesionFrame => roundFrame(long, 1, spacing);

function roundFrame(long: Segment, ratio: number, spacing: PixelSpacing): LesionFrame {
  const along = unit(long);
  const half = long.lengthMm / 2;
  return frame('single', long.from, scaled(long.reach, 0.5), along, perpendicular(along), spacing, {
    forward: half,
    backward: half,
    left: ratio * half,
    right: ratio * half,
    radiusMm: Math.sqrt(ratio) * half,
  });
}

function frame(
  kind: LesionFrame['kind'],
  origin: Vector,
  centre: Vector,
  along: Vector,
  across: Vector,
  spacing: PixelSpacing,
  half: Pick<LesionFrame, 'forward' | 'backward' | 'left' | 'right' | 'radiusMm'>,
): LesionFrame {
  const least = LEAST_HALF_PX * pixelMm(spacing);
  return {
    kind,
    origin,
    centre,
    along,
    across,
    sine: cross(along, across),
    forward: Math.max(half.forward, least),
    backward: Math.max(half.backward, least),
    left: Math.max(half.left, least),
    right: Math.max(half.right, least),
    radiusMm: Math.max(half.radiusMm, least),
  };
}

function segmentOf([a, b]: Pair<PixelIndex>, spacing: PixelSpacing): Segment {
  const from = { x: fine(a.column), y: fine(a.row) };
  const to = { x: fine(b.column), y: fine(b.row) };
  const reach = inMm(from, to, spacing);
  return { from, to, reach, lengthMm: lengthOf(reach) };
}

const fine = (position: number): number => Math.round(position * SUBPIXELS) / SUBPIXELS;

/** How far outside 0 to 1 a share lies. */
const missesBy = (share: number): number => Math.abs(share - 0.5) - 0.5;

function middleOf(long: Segment, short: Segment, spacing: PixelSpacing): Vector {
  const ends = [long.to, short.from, short.to].map((end) => inMm(long.from, end, spacing));
  return { x: (ends[0]!.x + (ends[1]!.x + ends[2]!.x)) / 4, y: (ends[0]!.y + (ends[1]!.y + ends[2]!.y)) / 4 };
}

const inMm = (from: Vector, to: Vector, spacing: PixelSpacing): Vector => ({
  x: (to.x - from.x) * spacing.betweenColumns,
  y: (to.y - from.y) * spacing.betweenRows,
});
const unit = ({ reach, lengthMm }: Segment): Vector => ({ x: reach.x / lengthMm, y: reach.y / lengthMm });
const scaled = (v: Vector, factor: number): Vector => ({ x: v.x * factor, y: v.y * factor });
const perpendicular = (v: Vector): Vector => ({ x: -v.y, y: v.x });
const minus = (a: Vector, b: Vector): Vector => ({ x: a.x - b.x, y: a.y - b.y });
const dot = (a: Vector, b: Vector): number => a.x * b.x + a.y * b.y;
const cross = (a: Vector, b: Vector): number => a.x * b.y - a.y * b.x;
// not Math.hypot, which depends on the order of its arguments
const lengthOf = (v: Vector): number => Math.sqrt(v.x * v.x + v.y * v.y);
