import type { Random } from './random.js';

/** How much of the coarse blur is taken away; the two kernels are not normalised, so this is small. */
const COARSE_SHARE = (0.8 * 0.75 ** 2) / 2.2 ** 2;

/**
 * Noise like that of a reconstructed CT slice: white noise band-passed as filtered back-projection does, so that it has grain instead of salt
 * and pepper. Standard deviation 1.
 */
export function grain(columns: number, rows: number, random: Random): Float32Array {
  const white = new Float32Array(columns * rows);
  for (let i = 0; i < white.length; i++) white[i] = random.normal();
  const fine = blurred(white, columns, rows, 0.75);
  const coarse = blurred(white, columns, rows, 2.2);
  const out = fine;
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = fine[i]! - COARSE_SHARE * coarse[i]!;
    sum += out[i]! * out[i]!;
  }
  const scale = 1 / Math.sqrt(sum / out.length);
  for (let i = 0; i < out.length; i++) out[i] = out[i]! * scale;
  return out;
}

/** Separable Gaussian blur that wraps around: noise has no border to respect. */
function blurred(image: Float32Array, columns: number, rows: number, sigmaPx: number): Float32Array {
  const reach = Math.ceil(3 * sigmaPx);
  const kernel = Float32Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigmaPx * sigmaPx)),
  );
  const across = new Float32Array(image.length);
  const out = new Float32Array(image.length);
  convolve(image, across, kernel, 1, columns, columns, rows);
  convolve(across, out, kernel, columns, rows, 1, columns);
  return out;
}

/** One-dimensional convolution of `lines` lines of `length` samples that are `step` apart; lines begin `lineStep` apart. */
function convolve(
  from: Float32Array,
  to: Float32Array,
  kernel: Float32Array,
  step: number,
  length: number,
  lineStep: number,
  lines: number,
): void {
  const reach = (kernel.length - 1) / 2;
  const padded = new Float32Array(length + 2 * reach);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    for (let i = 0; i < padded.length; i++) padded[i] = from[start + ((i - reach + length) % length) * step]!;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * padded[i + k]!;
      to[start + i * step] = sum;
    }
  }
}
