import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './harness/side-by-side.mjs';

/** What a lesion may cost. */
const MOST_MS = 15;
const MOST_MB = 32;

/**
 * The whole kernel chain of one lesion (crop, seeds, GrabCut, clean-up, agreement; then the dense CRF, clean-up and agreement again) on a slice of
 * 512 x 512, at sizes of DeepLesion. There is no peer for it: `peer` is the bound that the project has set. Every size and method has a process of
 * its own, since memory once touched stays touched.
 */
export async function bench() {
  const rows = [];
  for (const [size, longPx] of Object.entries({ 'median, 23.6 px': 23.6, '95 %, 85 px': 85 }))
    for (const method of ['grabcut', 'grabcut+crf']) {
      const runs = Array.from({ length: 9 }, () => run(longPx, method));
      const ms = median(runs.map((r) => r.ms));
      const mb = median(runs.map((r) => r.mb));
      const what = `${method}, ${size}`;
      rows.push({ what, ours: ms, peer: MOST_MS, unit: 'ms', ratio: MOST_MS / ms });
      rows.push({ what: `${what}: peak extra memory`, ours: mb, peer: MOST_MB, unit: 'MB', ratio: MOST_MB / mb });
    }
  return { peer: 'the bound for a lesion of median size', rows };
}

function run(longPx, method) {
  const script = fileURLToPath(new URL('harness/chain-child.mjs', import.meta.url));
  const done = spawnSync(process.execPath, [script, String(longPx), method], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}
