import { existsSync } from 'node:fs';
import { segmentLesionOn, WorkspaceShelf } from '../dist/segmentation/index.js';
import { lesionRows, sharedFolder, taskOf } from './harness/lesion-rows.mjs';
import { paperPatch } from './harness/paper-patches.mjs';
import { packed, startPeer, unpacked } from './harness/side-by-side.mjs';

const ROUNDS = 5;
/** Marks as the observer set them, and shortened as radiologists mark. */
const SCALES = [1, 0.85];

/**
 * Not times but masks: our default method, and OpenCV's GrabCut with the seeding of the co-segmentation paper, against experts' masks of the validation
 * split. Mean Dice a source; nothing was tuned on these rows.
 */
export async function bench(python) {
  const folder = `${sharedFolder()}/data/lesions`;
  if (!existsSync(folder))
    throw new Error(`the data set of lesions is not at ${folder} (CALIPER_SHARED names another place)`);
  const peer = startPeer(python, 'grabcut_peer.py');
  const shelf = new WorkspaceShelf();
  const sums = new Map();
  let version;
  for (const row of lesionRows(folder, (each) => each.Train_Val_Test === '2')) {
    if (row.truth === undefined) continue;
    for (const scale of SCALES) {
      const task = taskOf(row, 'grabcut', scale);
      const ours = segmentLesionOn(shelf, task);
      if (!ours.ok) throw new Error(`${row.id}: ${ours.error}`);
      const patch = paperPatch(row, scale);
      ({ version } = await peer.ask({ do: 'load', ...patch, grey: packed(patch.grey), seeds: packed(patch.seeds) }));
      const { mask } = await peer.ask({ do: 'run', seed: 1, rounds: ROUNDS });
      const theirs = onSlice(unpacked(Uint8Array, mask), patch, row);
      const key = `${row.source}, marks x ${scale}`;
      const sum = sums.get(key) ?? { rows: 0, ours: 0, peer: 0 };
      sums.set(key, {
        rows: sum.rows + 1,
        ours: sum.ours + dice(row.truth, ours.value.mask.bits),
        peer: sum.peer + dice(row.truth, theirs),
      });
    }
  }
  peer.close();
  const rows = [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, sum]) => {
      const [ours, theirs] = [sum.ours / sum.rows, sum.peer / sum.rows];
      return { what: `${what}, ${sum.rows} rows`, ours, peer: theirs, unit: 'Dice', ratio: ours / theirs };
    });
  return { peer: `cv2.grabCut of OpenCV ${version} with the paper's seeds, ${ROUNDS} iterations`, rows };
}

/** A window's bits as the whole slice's. */
function onSlice(bits, { left, top, width }, { rows, columns }) {
  const whole = new Uint8Array(rows * columns);
  for (let at = 0; at < bits.length; at += width)
    whole.set(bits.subarray(at, at + width), (top + at / width) * columns + left);
  return whole;
}

function dice(truth, mask) {
  let [both, all] = [0, 0];
  for (let p = 0; p < truth.length; p++) {
    both += truth[p] & mask[p];
    all += truth[p] + mask[p];
  }
  return (2 * both) / all;
}
