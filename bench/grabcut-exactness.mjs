import { existsSync } from 'node:fs';
import { sharedFolder } from './harness/lesion-rows.mjs';
import { runOpencvMode } from './harness/opencv-mode.mjs';
import { paperPatches } from './harness/paper-patches.mjs';
import { packed, startPeer, unpacked } from './harness/side-by-side.mjs';

const ROUNDS = 5;
const STARTS = [1, 2, 3, 4];
const PATCHES = { lidc: 150, sts: 50 };

/**
 * Not times but masks: GrabCut in OpenCV's mode against cv2.grabCut on real patches, (a) from the same first models, (b) each with the best of four
 * starts of its own. One energy, written in numpy and used by neither, judges both.
 */
export async function bench(python) {
  const folder = `${sharedFolder()}/data/lesions`;
  if (!existsSync(folder))
    throw new Error(`the data set of lesions is not at ${folder} (CALIPER_SHARED names another place)`);
  const patches = paperPatches(folder, PATCHES);
  const peer = startPeer(python, 'grabcut_peer.py');
  const energyOf = async ({ mask, background, foreground }) =>
    (await peer.ask({ do: 'energy', mask: packed(mask), background, foreground })).energy;

  let version;
  const unequal = [];
  const best = { ours: 0, theirs: 0, higher: 0, lower: 0, furthest: 0 };
  for (const patch of patches) {
    ({ version } = await peer.ask({ do: 'load', ...patch, grey: packed(patch.grey), seeds: packed(patch.seeds) }));
    const runs = [];
    for (const seed of STARTS) {
      const { mask, ...models } = await peer.ask({ do: 'run', seed, rounds: ROUNDS });
      runs.push({ mask: unpacked(Uint8Array, mask), ...models });
    }

    // (a) from OpenCV's first models
    const [theirs] = runs;
    const same = runOpencvMode(patch, { models: theirs.start }, ROUNDS);
    const differing = theirs.mask.filter((bit, p) => bit !== same.mask[p]).length;
    if (differing > 0) {
      const models = { background: theirs.background, foreground: theirs.foreground };
      const gap = (await energyOf({ ...models, mask: same.mask })) - (await energyOf({ ...models, mask: theirs.mask }));
      unequal.push({ patch, differing, gap });
    }

    // (b) from starts of their own
    const least = async (results) => Math.min(...(await inTurn(results, energyOf)));
    const ours = await least(STARTS.map((seed) => runOpencvMode(patch, { seed }, ROUNDS)));
    const opencv = await least(runs);
    best.ours += ours / patches.length;
    best.theirs += opencv / patches.length;
    // closer than the steps of the flow's integers
    if (ours > opencv + 1e-3) best.higher++;
    if (ours < opencv - 1e-3) best.lower++;
    best.furthest = Math.max(best.furthest, (ours - opencv) / Math.abs(opencv));
  }
  peer.close();

  for (const { patch, differing, gap } of unequal)
    console.log(
      `${patch.id}: ${differing} of ${patch.width * patch.height} pixels differ; at OpenCV's last models our mask's energy is ${gap >= 0 ? '+' : ''}${gap.toFixed(6)} nats off OpenCV's`,
    );
  const count = patches.length;
  console.log(`same masks from the same models: ${count - unequal.length} of ${count}`);
  console.log(
    `best of ${STARTS.length} starts: mean energy ${best.ours.toFixed(2)} (ours), ${best.theirs.toFixed(2)} (OpenCV); ours is higher in ${best.higher} and lower in ${best.lower} of ${count} patches, higher by ${(100 * best.furthest).toFixed(2)} % at most`,
  );
  return {
    peer: `cv2.grabCut of OpenCV ${version}, ${ROUNDS} iterations`,
    rows: [
      {
        what: 'equal masks from the same models',
        ours: count - unequal.length,
        peer: count,
        unit: 'patches',
        ratio: (count - unequal.length) / count,
      },
      {
        what: `mean energy, best of ${STARTS.length} starts`,
        ours: best.ours,
        peer: best.theirs,
        unit: 'nats',
        ratio: best.theirs / best.ours,
      },
      {
        what: 'patches with the higher energy',
        ours: best.higher,
        peer: best.lower,
        unit: 'patches',
        ratio: best.lower / best.higher,
      },
    ],
  };
}

async function inTurn(items, work) {
  const results = [];
  for (const item of items) results.push(await work(item));
  return results;
}
