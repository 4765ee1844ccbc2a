import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { openCosegmentation, loadBundle, startInference, startKernelPool } from '../dist/compute/index.js';
import { patchOf } from '../dist/segmentation/index.js';
import { alternate, median, packed, row, startPeer, unpacked } from './harness/side-by-side.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const COUNTS = [1, 8, 32];

/**
 * A bundle in the gateway (message to the child process, mirror images, both graphs, partner rule, message back) against the same graphs and weights
 * in PyTorch: ms a lesion on one thread each. CALIPER_BUNDLE names another bundle than the shipped one.
 */
export async function bench(python) {
  const folder = process.env.CALIPER_BUNDLE ?? join(root, 'models/default');
  const loaded = await loadBundle(folder);
  if (!loaded.ok) throw new Error(`${join(folder, loaded.error.file)} ${loaded.error.says}`);
  const bundle = loaded.value;
  const { manifest } = bundle;
  const tasks = goldenTasks(bundle);
  const most = Math.max(...COUNTS);
  const patches = joined(Array.from({ length: most }, (_, n) => patchOf(tasks[n % tasks.length], manifest).value));
  const length = patches.length / most;

  const inference = startInference(bundle, { device: 'cpu', threads: 1 });
  const state = await inference.settled();
  if (state.kind !== 'ready') throw new Error(state.because);
  const answers = (await inference.run(patches, most)).value;
  const peer = startPeer(pythonWithTorch(python), 'inference_peer.py');
  const { version } = await peer.ask({
    do: 'load',
    folder: bundle.folder,
    flips: manifest.flips,
    gate: manifest.gates.gateLength,
    shape: [most, manifest.channels.length, manifest.sizePx, manifest.sizePx],
    patches: packed(patches),
    partners: packed(joined(answers.map(({ partner }) => partner))),
  });

  const rows = [];
  for (const count of COUNTS) {
    const ours = async () => {
      const start = performance.now();
      await inference.run(patches.subarray(0, count * length), count);
      return (performance.now() - start) / count;
    };
    const theirs = (together) => async () => (await peer.ask({ do: 'run', count, together })).ms / count;
    const [own, batch, oneByOne] = await alternate([ours, theirs(true), theirs(false)], { rounds: 9, warmUp: 2 });
    const what = `${count} lesion${count > 1 ? 's' : ''} of ${manifest.sizePx} px, flips ${manifest.flips}, a lesion`;
    rows.push(row(what, own, Math.min(batch, oneByOne), 'ms'));
  }
  const theirs = unpacked(Float32Array, (await peer.ask({ do: 'run', count: 1, together: true })).probability);
  const difference = theirs.reduce((worst, p, i) => Math.max(worst, Math.abs(p - answers[0].probability[i])), 0);
  rows.push({ what: 'largest difference of a probability', ours: difference, unit: '' });
  peer.close();

  const child = median(await times(9, () => inference.run(patches.subarray(0, length), 1)));
  const network = median(
    await times(9, async () => (await inference.run(patches.subarray(0, length), 1)).value[0].tookMs, 'value'),
  );
  rows.push({ what: 'of it outside the networks: the message both ways', ours: child - network, unit: 'ms' });
  await inference.close();
  rows.push(...(await wholeChain(folder, tasks)));
  return { peer: `PyTorch ${version}, eager, one thread, in one batch or one by one as it is faster`, rows };
}

/** The whole chain for a report of 32 lesions on slices of 512 x 512, and how long the thread that asks stands still. */
async function wholeChain(folder, tasks) {
  const kernels = startKernelPool({ threads: 1 });
  const opened = await openCosegmentation(folder, kernels, { device: 'cpu', threads: 1 });
  await opened.value.settled();
  const report = Array.from({ length: 32 }, (_, n) => onWholeSlice(tasks[n % tasks.length]));
  await opened.value.cosegment(report);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const chain = median(await times(9, () => opened.value.cosegment(report)));
  delay.disable();
  await opened.value.close();
  await kernels.close();
  return [
    { what: 'whole chain, 32 lesions on 512 x 512, a lesion', ours: chain / 32, unit: 'ms' },
    { what: 'event loop meanwhile, longest stop', ours: delay.max / 1e6, unit: 'ms' },
    { what: 'event loop meanwhile, 99th percentile', ours: delay.percentile(99) / 1e6, unit: 'ms' },
  ];
}

async function times(rounds, work, kind = 'clock') {
  const all = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const value = await work();
    all.push(kind === 'value' ? value : performance.now() - start);
  }
  return all;
}

/** Real lesions: those of the bundle's golden files. */
function goldenTasks({ folder }) {
  const { cases } = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
  const bytes = readFileSync(join(folder, 'golden.f32'));
  const end = (four, i) => ({ column: four[i], row: four[i + 1] });
  return cases.map(({ rows, columns, spacingMm: [betweenColumns, betweenRows], marks: { long, short }, offsets }) => ({
    hu: Float32Array.from({ length: rows * columns }, (_, i) => bytes.readFloatLE(4 * (offsets.hu + i))),
    rows,
    columns,
    spacing: { betweenColumns, betweenRows },
    marks: { longAxis: [end(long, 0), end(long, 2)], shortAxis: short ? [end(short, 0), end(short, 2)] : undefined },
    method: 'cosegmentation',
  }));
}

/** As a hospital's slice has it. */
function onWholeSlice(task) {
  const hu = new Float32Array(512 * 512).fill(-1000);
  for (let y = 0; y < task.rows; y++) hu.set(task.hu.subarray(y * task.columns, (y + 1) * task.columns), y * 512);
  return { ...task, hu, rows: 512, columns: 512 };
}

function joined(parts) {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** PyTorch is large: it is taken from where training has it, if the benches' own Python lacks it. */
function pythonWithTorch(python) {
  for (const candidate of [python, join(root, 'training/.venv/bin/python')])
    if (existsSync(candidate) && spawnSync(candidate, ['-c', 'import torch, onnx']).status === 0) return candidate;
  throw new Error('no Python with torch and onnx: install them into bench/.venv, or name one by CALIPER_BENCH_PYTHON');
}
