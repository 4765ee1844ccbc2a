import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { makePhantomStudy } from '../../src/phantom/index.js';
import { describeWith, python } from '../environment/peers.js';
import { generateArchive } from '../harvest/generated-archive.js';

/**
 * What `caliper harvest` writes is what the trainer reads, as it lies there: one step of training on the seed masks that the harvest made. Judged by
 * the trainer's own account of what it read.
 */
jest.setTimeout(300_000);

const PATIENTS = 24;
const root = resolve(process.cwd());
const scratch = mkdtempSync(join(tmpdir(), 'caliper-harvest-trains-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

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
    for (const { name, bytes } of generateArchive(makePhantomStudy(1), { patients: PATIENTS, highdicom: false })
      .files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    archive = await startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });
  });
  afterAll(() => archive.close());

  /** Runs the command; the archive lives in this process, so nothing here may block. */
  function harvest(out: string): Promise<string> {
    const config = `${out}.yaml`;
    writeFileSync(
      config,
      `archives: [{ name: pacs, url: "${archive.url}", budget: { requestsPerSecond: 1000, megabytesPerSecond: 1000 } }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs, mode: shadow }]
rules: [{ name: lesions, store: { to: [pacs] } }]
stateFolder: ${out}-state
harvest: { pseudonymKey: "env:HARVEST_KEY", shareOfBudget: 1 }
`,
    );
    const args = [
      'bin/caliper.mjs',
      'harvest',
      '--config',
      config,
      '--out',
      out,
      '--from',
      '2019-01-01',
      '--to',
      '2020-12-31',
    ];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, HARVEST_KEY: 'a key of a test, thirty-two characters or more' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    return new Promise((done, fail) =>
      child.once('close', (status) => (status === 0 ? done(said) : fail(new Error(`exit ${status}: ${said}`)))),
    );
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
