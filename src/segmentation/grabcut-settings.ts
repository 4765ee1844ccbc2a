import type { GrabCutSettings } from './grabcut/grab-cut.js';

const SEED = 1;

/**
 * The default: on HU, with the shape term. gamma is small because the shape holds the mask together; a floor of 25 HU^2 because CT noise is seldom
 * under 5 HU. Chosen on the training split.
 */
export const GRABCUT: GrabCutSettings = {
  energy: 'hard',
  components: 3,
  variance: { kind: 'floor', least: 25 },
  gamma: 2,
  mostData: 20,
  iterations: 5,
  seed: SEED,
};

/** OpenCV's constants, on 8 bits: its 0.01 on the diagonal of three equal channels is 1/300 on one. */
export const GRABCUT_PAPER: GrabCutSettings = {
  energy: 'soft',
  components: 5,
  variance: { kind: 'add', more: 1 / 300 },
  gamma: 50,
  mostData: Infinity,
  iterations: 5,
  seed: SEED,
};
