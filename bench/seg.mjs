import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, row } from './harness/side-by-side.mjs';

const run = promisify(execFile);
const LONG = { maxBuffer: 1 << 26, timeout: 600_000 };

/**
 * Masks of 512 x 512 and the headers of their slices, in memory, to the bytes of a segmentation: ours written and self-checked, highdicom's written
 * (`Segmentation(...)` and `save_as` to memory). Each figure is the median of child processes that take turns: the first object of a process, and the
 * median of those after it, of which there are enough for code that is compiled while it runs. Peak memory is the most that the process ever held, its masks included.
 */
export async function bench(python) {
  const rows = [];
  let version = '';
  for (const { segments, frames, rounds, again } of CASES) {
    const ours = [];
    const theirs = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await runOurs(frames, segments, again));
      theirs.push(await runTheirs(python, frames, segments, again));
    }
    version = theirs[0].version;
    const what = `${frames} frames, ${segments === 'one' ? 'one segment' : 'a segment each'}`;
    const pick = (runs, of) => median(runs.map(of));
    rows.push(
      row(
        `${what}: first of a process`,
        pick(ours, (r) => r.first),
        pick(theirs, (r) => r.first),
        'ms',
      ),
    );
    if (again > 0)
      rows.push(
        row(
          `${what}: after that, median of ${again}`,
          pick(ours, (r) => r.again),
          pick(theirs, (r) => r.again),
          'ms',
        ),
      );
    rows.push(
      row(
        `${what}: peak memory`,
        pick(ours, (r) => r.peakMB),
        pick(theirs, (r) => r.peakMB),
        'MB',
      ),
    );
  }
  return { peer: version, rows };
}

/** highdicom takes a minute for a thousand segments. */
const CASES = [
  { segments: 'one', frames: 1, rounds: 9, again: 50 },
  { segments: 'one', frames: 100, rounds: 9, again: 20 },
  { segments: 'one', frames: 1000, rounds: 9, again: 3 },
  { segments: 'each', frames: 100, rounds: 9, again: 5 },
  { segments: 'each', frames: 1000, rounds: 1, again: 0 },
];

const runOurs = async (...of) => {
  const child = fileURLToPath(new URL('harness/seg-child.mjs', import.meta.url));
  return JSON.parse((await run(process.execPath, [child, ...of.map(String)], LONG)).stdout);
};

const runTheirs = async (python, ...of) => {
  const script = join(import.meta.dirname, 'seg_peer.py');
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
  return JSON.parse((await run(python, [script, ...of.map(String)], { ...LONG, env })).stdout);
};
