import {
  beginGrabCut,
  createGrabCutWorkspace,
  grabCutInto,
  iterateGrabCut,
  loadPicture,
  startMixtures,
} from '../dist/segmentation/grabcut/grab-cut.js';
import { gridPlan } from '../dist/segmentation/grabcut/grid.js';
import { GRABCUT, GRABCUT_PAPER } from '../dist/segmentation/grabcut-settings.js';
import { seededRandom } from '../dist/segmentation/seeded-random.js';
import { alternate, packed, row, startPeer, timedOnProcessor } from './harness/side-by-side.mjs';

/** First models and five rounds, the same picture and trimap; ours stops before the fifth where no pixel changes any more. */
const ROUNDS = 5;

/** So many that the compiler is done with all of it: the kernels in WebAssembly are compiled twice. */
const WARM_UP = 40;

/** GrabCut against OpenCV's, with OpenCV's energy and with our default settings. */
export async function bench(python) {
  const peer = startPeer(python, 'grabcut_peer.py');
  const rows = [];
  let version;
  for (const size of [64, 128, 256]) {
    const picture = lesionInNoise(size);
    const loaded = await peer.ask({
      do: 'load',
      width: size,
      height: size,
      grey: packed(picture.grey),
      seeds: packed(picture.seeds),
    });
    version = loaded.version;
    const plan = gridPlan(size, size);
    const ws = createGrabCutWorkspace(plan.pixels);
    const with_ = (settings) => () =>
      timedOnProcessor(() => {
        loadPicture(ws, plan, picture);
        grabCutInto(ws, plan, settings);
      });
    const everyRound = () =>
      timedOnProcessor(() => {
        loadPicture(ws, plan, picture);
        beginGrabCut(ws, plan, GRABCUT_PAPER);
        startMixtures(ws, GRABCUT_PAPER);
        for (let round = 0; round < ROUNDS; round++) iterateGrabCut(ws, plan, GRABCUT_PAPER);
      });
    const [opencvMode, allRounds, ownMode, theirs] = await alternate(
      [
        with_({ ...GRABCUT_PAPER, iterations: ROUNDS }),
        everyRound,
        with_({ ...GRABCUT, iterations: ROUNDS }),
        async () => (await peer.ask({ do: 'time', rounds: ROUNDS })).ms,
      ],
      { rounds: 25, warmUp: WARM_UP },
    );
    const what = `${size} px, ${loaded.unknown} unknown`;
    rows.push(
      row(`${what}, OpenCV mode`, opencvMode, theirs, 'CPU ms'),
      row(`${what}, OpenCV mode, no round left out`, allRounds, theirs, 'CPU ms'),
      row(`${what}, our settings`, ownMode, theirs, 'CPU ms'),
    );
  }
  peer.close();
  return { peer: `cv2.grabCut of OpenCV ${version}, ${ROUNDS} iterations, one thread`, rows };
}

/** An elliptic lesion in noise beside a brighter organ, on 8 bits, with sure and probable pixels by distance. */
function lesionInNoise(size) {
  const random = seededRandom(20);
  const noise = () => 12 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const grey = new Uint8Array(size * size);
  const seeds = new Uint8Array(size * size);
  for (let p = 0; p < grey.length; p++) {
    const [x, y] = [p % size, Math.floor(p / size)];
    const r = Math.hypot((x - size * 0.48) / (0.27 * size), (y - size * 0.52) / (0.2 * size));
    grey[p] = Math.min(255, Math.max(0, Math.round((x < size / 5 ? 200 : r < 1 ? 130 : 90) + noise())));
    seeds[p] = r < 0.4 ? 1 : r < 1.1 ? 3 : r > 1.7 ? 0 : 2;
  }
  return { width: size, height: size, grey, seeds };
}
