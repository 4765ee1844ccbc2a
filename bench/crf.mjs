import { createCrfWorkspace, meanFieldInto } from '../dist/segmentation/crf/mean-field.js';
import { alternate, packed, row, startPeer, timedOnProcessor, unpacked } from './harness/side-by-side.mjs';

/** Pixels are 1 mm, grey levels 1 HU: lengths in mm are what pydensecrf is given in pixels. 10 iterations as in DeepLab. */
const settings = (mode, [spatialSigma, spatialWeight, sigma, sigmaHu, weight]) => ({
  mode,
  iterations: 10,
  spatial: { sigmaMm: spatialSigma, weight: spatialWeight },
  bilateral: { sigmaMm: sigma, sigmaHu, weight },
  selfTerm: 'kept',
});
const MODES = ['exact', 'fast'];

/** pydensecrf's own readme, and standard deviations of a lesion's size. */
const TIMED = {
  'bilateral 80 px, 13 levels': [3, 3, 80, 13, 10],
  'bilateral 8 px, 13 levels': [3, 3, 8, 13, 10],
};
const COMPARED = {
  ...TIMED,
  '30 px, 13 levels': [3, 3, 30, 13, 10],
  '8 px, 10 levels, weights 2 and 4': [2, 2, 8, 10, 4],
  '15 px, 6 levels, spatial 1 px': [1, 3, 15, 6, 5],
};

export async function bench(python) {
  const peer = startPeer(python, 'crf_peer.py');
  const workspace = createCrfWorkspace();
  const rows = [];
  let version;

  const load = async (picture, parameters) => {
    const [theta, weight, bilateralTheta, thetaHu, bilateralWeight] = parameters;
    const reply = await peer.ask({
      do: 'load',
      size: picture.columns,
      image: packed(picture.hu),
      probability: packed(picture.probability),
      spatial: { theta, weight },
      bilateral: { theta: bilateralTheta, thetaHu, weight: bilateralWeight },
      iterations: 10,
    });
    version = reply.version;
  };

  for (const size of [128, 256]) {
    const picture = disc(size, 1);
    const out = new Float32Array(size * size);
    for (const [name, parameters] of Object.entries(TIMED)) {
      await load(picture, parameters);
      const ours = MODES.map(
        (mode) => () => timedOnProcessor(() => meanFieldInto(workspace, picture, settings(mode, parameters), out)),
      );
      const theirs = async () => (await peer.ask({ do: 'time' })).ms;
      const [exact, fast, pydensecrf] = await alternate([...ours, theirs], { rounds: 31 });
      rows.push(row(`exact, ${size} px, ${name}`, exact, pydensecrf, 'CPU ms'));
      rows.push(row(`fast, ${size} px, ${name}`, fast, pydensecrf, 'CPU ms'));
    }
  }

  // how far from the mean field by brute force: the worst of three pictures
  const distances = (a, b) => {
    const each = a.map((v, i) => Math.abs(v - b[i]));
    return [Math.max(...each), each.reduce((sum, v) => sum + v, 0) / each.length];
  };
  for (const [name, parameters] of Object.entries(COMPARED)) {
    const worst = { exact: [0, 0], fast: [0, 0], pydensecrf: [0, 0] };
    for (const seed of [1, 2, 3]) {
      const picture = disc(32, seed);
      await load(picture, parameters);
      const truth = unpacked(Float64Array, (await peer.ask({ do: 'brute-force' })).probability);
      const found = { pydensecrf: unpacked(Float64Array, (await peer.ask({ do: 'mean-field' })).probability) };
      for (const mode of MODES) {
        found[mode] = new Float64Array(truth.length);
        const out = new Float32Array(truth.length);
        meanFieldInto(workspace, picture, settings(mode, parameters), out);
        found[mode].set(out);
      }
      for (const [who, field] of Object.entries(found)) {
        const [largest, mean] = distances(truth, field);
        worst[who] = [Math.max(worst[who][0], largest), Math.max(worst[who][1], mean)];
      }
    }
    for (const mode of MODES)
      for (const [i, what] of ['largest', 'mean'].entries())
        rows.push(row(`${mode}, ${what} error, 32 px, ${name}`, worst[mode][i], worst.pydensecrf[i], 'probability'));
  }
  peer.close();
  return { peer: `pydensecrf2 ${version}`, rows };
}

/** A disc of 150 in 90 with noise, grey levels 0 to 255, and an unsure opinion of it that is wrong in places. */
function disc(size, seed) {
  const chance = chanceFrom(seed);
  const hu = new Float32Array(size * size);
  const probability = new Float32Array(size * size);
  for (let p = 0; p < size * size; p++) {
    const inside = Math.hypot((p % size) - 0.47 * size, Math.floor(p / size) - 0.52 * size) < 0.28 * size;
    let noise = -6;
    for (let i = 0; i < 12; i++) noise += chance();
    hu[p] = Math.min(255, Math.max(0, Math.round((inside ? 150 : 90) + (8 + 4 * seed) * noise)));
    probability[p] = inside === chance() > 0.05 + 0.05 * seed ? 0.8 : 0.2;
  }
  return { rows: size, columns: size, spacing: { betweenRows: 1, betweenColumns: 1 }, hu, probability };
}

function chanceFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
