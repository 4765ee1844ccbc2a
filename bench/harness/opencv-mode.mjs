import {
  beginGrabCut,
  createGrabCutWorkspace,
  iterateGrabCut,
  loadPicture,
  startMixtures,
} from '../../dist/segmentation/grabcut/grab-cut.js';
import { gridPlan } from '../../dist/segmentation/grabcut/grid.js';
import { GRABCUT_PAPER } from '../../dist/segmentation/grabcut-settings.js';
import { unpadded } from './paper-patches.mjs';

/** Rounds of ours in OpenCV's mode, from models given or from our own start with a seed: the mask and the models it ends with. */
export function runOpencvMode(patch, start, rounds) {
  const plan = gridPlan(patch.width, patch.height);
  const ws = createGrabCutWorkspace(plan.pixels);
  const settings = { ...GRABCUT_PAPER, seed: start.seed ?? 1 };
  loadPicture(ws, plan, patch);
  const ready = beginGrabCut(ws, plan, settings);
  if (ready !== 'ready') throw new Error(`${patch.id}: ${ready}`);
  if (start.models === undefined) startMixtures(ws, settings);
  else {
    setMixture(ws.background.mixture, start.models.background);
    setMixture(ws.foreground.mixture, start.models.foreground);
  }
  for (let round = 0; round < rounds; round++) iterateGrabCut(ws, plan, settings);
  return {
    mask: Uint8Array.from(unpadded(ws.label, plan)),
    background: plain(ws.background.mixture),
    foreground: plain(ws.foreground.mixture),
  };
}

/** OpenCV keeps components without pixels, with weight 0; a start may have them, too. */
function setMixture(mixture, { weight, mean, variance }) {
  const used = weight.map((w, k) => ({ w, k })).filter(({ w }) => w > 0);
  mixture.size = used.length;
  used.forEach(({ w, k }, i) => {
    mixture.weight[i] = w;
    mixture.mean[i] = mean[k];
    mixture.variance[i] = variance[k];
    mixture.least[i] = -Math.log(w) + Math.log(variance[k]) / 2;
  });
}

const plain = ({ size, weight, mean, variance }) => ({
  weight: [...weight.subarray(0, size)],
  mean: [...mean.subarray(0, size)],
  variance: [...variance.subarray(0, size)],
});
