import { never } from '../../domain/index.js';
import { obliqueFrame, type LesionFrame, type MeasuredMarks, type Segment } from '../lesion-frame.js';
import { pixelsFromMark } from '../mark-pixels.js';
import type { Channel, Normalisation } from './network.js';
import { onPatchAxis, onSliceAxis, type PatchGeometry } from './patch-geometry.js';

/** Means and deviations of ImageNet's colours, which networks that learnt on it expect: red, green, blue. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], sd: [0.229, 0.224, 0.225] } as const;

/** The channels of a patch, one after the other: grey windows of its HU, and the marks as a network can see them. */
export function renderChannels(
  hu: Float32Array,
  geometry: PatchGeometry,
  marks: MeasuredMarks,
  channels: readonly Channel[],
  normalisation: Normalisation,
): Float32Array {
  const pixels = hu.length;
  const patch = new Float32Array(channels.length * pixels);
  const frame = obliqueFrame(marks);
  channels.forEach((channel, c) => {
    const out = patch.subarray(c * pixels, (c + 1) * pixels);
    switch (channel.kind) {
      case 'window':
        return windowInto(out, hu, channel.lowHu, channel.highHu, normalisation, c);
      case 'marks-window': {
        const { mean, sd } = greyAtMarks(hu, frame, geometry);
        const reach = channel.deviations * Math.max(sd, channel.minimumSdHu);
        return windowInto(out, hu, mean - reach, mean + reach, normalisation, c);
      }
      case 'superellipse-distance': {
        const radiusPx = frame.radiusMm / geometry.pitchMm;
        const rho = patchRho(frame, geometry, channel.exponent);
        return rho.forEach((r, p) => (out[p] = within(-1, ((r - 1) * radiusPx) / channel.clampPx, 1)));
      }
      case 'axis-line':
        return lineInto(out, channel.axis === 'long' ? marks.long : marks.short, geometry, channel.sigmaPx);
      default:
        return never(channel);
    }
  });
  return patch;
}

function windowInto(
  out: Float32Array,
  hu: Float32Array,
  low: number,
  high: number,
  normalisation: Normalisation,
  position: number,
): void {
  const [mean, sd] = normalisation === 'symmetric' ? [0.5, 0.5] : [IMAGENET.mean[position], IMAGENET.sd[position]];
  if (mean === undefined || sd === undefined) throw new RangeError('ImageNet has three colours');
  for (let p = 0; p < hu.length; p++) out[p] = (within(0, (hu[p]! - low) / (high - low), 1) - mean) / sd;
}

/** Of the patch pixels in the shape between the marks, or of the one nearest to its centre where it has none. */
function greyAtMarks(hu: Float32Array, frame: LesionFrame, geometry: PatchGeometry): { mean: number; sd: number } {
  const rho = patchRho(frame, geometry, 2);
  const inside: number[] = [];
  rho.forEach((r, p) => {
    if (r <= 1) inside.push(hu[p]!);
  });
  if (inside.length === 0) inside.push(hu[rho.indexOf(Math.min(...rho))]!);
  const mean = inside.reduce((sum, value) => sum + value, 0) / inside.length;
  const variance = inside.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inside.length;
  return { mean, sd: Math.sqrt(variance) };
}

/** rho of the four-quadrant superellipse (`prior.ts`, here with any exponent) at the centre of every patch pixel. */
function patchRho(frame: LesionFrame, geometry: PatchGeometry, exponent: number): Float64Array {
  const { along, across, sine, forward, backward, left, right } = frame;
  const rho = new Float64Array(geometry.sizePx ** 2);
  forEachPatchPixel(frame, geometry, (x, y, p) => {
    const a = (x * across.y - y * across.x) / sine;
    const b = (along.x * y - along.y * x) / sine;
    const u = Math.abs(a) / (a >= 0 ? forward : backward);
    const v = Math.abs(b) / (b >= 0 ? left : right);
    rho[p] = exponent === 2 ? Math.sqrt(u * u + v * v) : (u ** exponent + v ** exponent) ** (1 / exponent);
  });
  return rho;
}

/** Tells the place of every patch pixel in mm from the frame's centre. */
function forEachPatchPixel(
  { origin, centre }: LesionFrame,
  geometry: PatchGeometry,
  visit: (x: number, y: number, p: number) => void,
): void {
  const { betweenColumns, betweenRows } = geometry.spacing;
  const { sizePx } = geometry;
  for (let j = 0, p = 0; j < sizePx; j++) {
    const y = (onSliceAxis(geometry, geometry.centre.y, betweenRows, j) - origin.y) * betweenRows - centre.y;
    for (let i = 0; i < sizePx; i++, p++) {
      const x = (onSliceAxis(geometry, geometry.centre.x, betweenColumns, i) - origin.x) * betweenColumns - centre.x;
      visit(x, y, p);
    }
  }
}

/** A ridge along an axis, 1 on it; nothing where there is no such axis. */
function lineInto(out: Float32Array, axis: Segment | undefined, geometry: PatchGeometry, sigmaPx: number): void {
  if (!axis) return;
  const onPatch = ({ x, y }: { x: number; y: number }) => ({
    x: onPatchAxis(geometry, geometry.centre.x, geometry.spacing.betweenColumns, x),
    y: onPatchAxis(geometry, geometry.centre.y, geometry.spacing.betweenRows, y),
  });
  const line = { from: onPatch(axis.from), to: onPatch(axis.to) };
  for (let j = 0, p = 0; j < geometry.sizePx; j++)
    for (let i = 0; i < geometry.sizePx; i++, p++) {
      const d = pixelsFromMark(line, i, j);
      out[p] = Math.exp(-(d * d) / (2 * sigmaPx * sigmaPx));
    }
}

const within = (low: number, value: number, high: number): number => (value < low ? low : value > high ? high : value);
