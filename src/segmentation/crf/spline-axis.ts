/** One axis of a bilateral grid: pixels between nodes, each pixel spread over three nodes with a quadratic B-spline. */
export interface SplineAxis {
  readonly nodes: number;
  /** The first of each pixel's three nodes. */
  readonly firstNode: Int32Array;
  /** 3 a pixel. */
  readonly weights: Float32Array;
}

/** Nodes `cell` pixels apart, one of them in the middle of the axis: so a flipped picture meets a flipped grid. */
export function splineAxis(pixels: number, cell: number): SplineAxis {
  const middle = (pixels - 1) / 2;
  const before = Math.round(-middle / cell) - 1;
  const firstNode = new Int32Array(pixels);
  const weights = new Float32Array(3 * pixels);
  for (let p = 0; p < pixels; p++) {
    const place = (p - middle) / cell;
    const node = Math.round(place);
    firstNode[p] = node - 1 - before;
    splineWeightsInto(weights, 3 * p, place - node);
  }
  return { nodes: firstNode[pixels - 1]! + 3, firstNode, weights };
}

/** Weights of the nodes before, at and after the nearest one, from which the pixel lies `offset` nodes off (-1/2 to 1/2). They sum to 1. */
export function splineWeightsInto(out: Float32Array, at: number, offset: number): void {
  out[at] = 0.5 * (0.5 - offset) * (0.5 - offset);
  out[at + 1] = 0.75 - offset * offset;
  out[at + 2] = 0.5 * (0.5 + offset) * (0.5 + offset);
}

/** A Gaussian is cut off at so many standard deviations: there it is 3e-4 of its peak. */
const CUT_OFF = 4;

/**
 * Half of a symmetric filter between nodes, [0] in the middle, so that spreading, filtering and reading together are a Gaussian of standard
 * deviation `perSigma` nodes: the two splines have a variance of 1/4 each, and the integral is that of the Gaussian.
 */
export function nodeTaps(perSigma: number): Float32Array {
  const variance = perSigma * perSigma - 1 / 2;
  const radius = Math.ceil(CUT_OFF * Math.sqrt(variance));
  const gaussian = Array.from({ length: radius + 1 }, (_, k) => Math.exp((-k * k) / (2 * variance)));
  const sum = gaussian.reduce((total, tap, k) => total + (k === 0 ? tap : 2 * tap), 0);
  return Float32Array.from(gaussian, (tap) => (tap * Math.sqrt(2 * Math.PI) * perSigma) / sum);
}

/** Half of a Gaussian of `sigma` pixels, [0] in the middle, with a peak of 1. */
export const pixelTaps = (sigma: number): Float32Array =>
  Float32Array.from({ length: Math.ceil(CUT_OFF * sigma) + 1 }, (_, k) => Math.exp((-k * k) / (2 * sigma * sigma)));
