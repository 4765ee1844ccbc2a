import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunningArchive } from '../../src/archive/index.js';
import { describeWith, python } from '../environment/peers.js';
import { caliper, endHarvests, fillArchive, serveArchive, writeConfiguration } from '../harvest/harvest-command.js';

/**
 * What `caliper harvest` writes is what the trainer reads, as it lies there: one step of training on the seed masks that the harvest made. Judged by
 * the trainer's own account of what it read.
 */
jest.setTimeout(300_000);

const PATIENTS = 24;
const root = resolve(process.cwd());
const scratch = mkdtempSync(join(tmpdir(), 'caliper-harvest-trains-'));
afterAll(() => {
  endHarvests();
  rmSync(scratch, { recursive: true, force: true });
});

/** A Python that has PyTorch beside the rest. */
const trainer = (): string | undefined => {
  const found = python();
  return found && spawnSync(found, ['-c', 'import torch, yaml'], { stdio: 'ignore' }).status === 0 ? found : undefined;
};

interface Run {
  readonly row: string;
  readonly data: string;
  readonly training_rows: number;
  readonly training_patients: number;
}

describeWith({ trainer: trainer() }, 'the trainer on a harvest', ({ trainer }) => {
  let archive: RunningArchive;

  beforeAll(async () => {
    const folder = join(scratch, 'archive');
    fillArchive(folder, PATIENTS);
    archive = await serveArchive(folder);
  });
  afterAll(() => archive.close());

  async function harvest(out: string): Promise<void> {
    const config = writeConfiguration(`${out}.yaml`, { url: archive.url });
    const dates = ['--from', '2019-01-01', '--to', '2020-12-31'];
    const { status, err } = await caliper(['--config', config, '--out', out, ...dates]);
    expect({ status, err: status === 0 ? '' : err }).toEqual({ status: 0, err: '' });
  }

  /** One step of the row that learns from weak labels; what the run says of its data. */
  function trained(set: string): Run {
    const data = [`data.set=${set}`, `data.seeds=${set}`, 'data.sources=[pacs]', 'data.hold_out=0.0', 'data.draws={}'];
    const size = ['network.widths=[4, 8, 8, 16]', 'train.iterations=1', 'train.batch_pairs=1'];
    const clusters = ['pairs.appearance=none', 'pairs.clusters=2'];
    const args = [
      '-m',
      'coseg.train',
      'configs/small-weak.yaml',
      ...data,
      ...size,
      ...clusters,
      '--runs',
      `${set}-runs`,
    ];
    const run = spawnSync(trainer, args, { cwd: join(root, 'training'), encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    const folder = run.stdout.trim().split('\n').at(-1)!;
    expect(JSON.parse(readFileSync(join(folder, 'finished.json'), 'utf8'))).toMatchObject({ steps: 1 });
    return JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run;
  }

  test('takes one step on it', async () => {
    const set = join(scratch, 'set');
    await harvest(set);
    const rows = readFileSync(join(set, 'lesions.csv'), 'utf8').trim().split('\n').length - 1;
    const run = trained(set);
    expect(run.training_rows).toBeGreaterThan(5);
    expect(run.training_rows).toBeLessThanOrEqual(rows);
    expect(run.training_patients).toBeGreaterThan(5);
  });
});
