import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { filesOf } from '../pipeline/altered-phantom.js';
import { ownAmong } from '../pipeline/told-objects.js';

const REPORT = '2.25.1001.5';

let scratch: string;
let folder: string;
let archive: RunningArchive;
let config: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'caliper-explain-'));
  folder = join(scratch, 'archive');
  mkdirSync(folder);
  for (const { name, bytes } of filesOf(undefined, 1)) writeFileSync(join(folder, name), bytes);
  archive = await startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });
  config = join(scratch, 'site.yaml');
  writeFileSync(
    config,
    `archives: [{ name: pacs, url: "${archive.url}", budget: { requestsPerSecond: 500 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 1h }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always, resultReport: true, rejectionNotes: allowed }]
rules: [{ name: lesions, store: { to: [pacs] } }]
`,
  );
  expect(await caliper('once', '--config', config)).toMatchObject({ status: 0 });
}, 120_000);
afterAll(async () => {
  await archive.close();
  await deleteWithDatabases(scratch);
});

/** Beside this process, which serves the archive. */
const caliper = (...args: string[]) =>
  new Promise<{ status: number; stdout: string; stderr: string }>((done) => {
    const child = execFile(process.execPath, ['bin/caliper.mjs', ...args], (_error, stdout, stderr) =>
      done({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
const explain = (what: string, ...more: string[]) => caliper('explain', what, '--config', config, ...more);
/** What the archive's folder holds of ours, read by dcmjs. */
const own = () =>
  ownAmong(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.dcm'))
      .map((name) => new Uint8Array(readFileSync(join(folder, name)))),
  );

interface Told {
  readonly name: string;
  readonly report: { readonly sopInstanceUID: string };
  readonly sightings: readonly { readonly source: string }[];
  readonly runs: readonly {
    readonly state: string;
    readonly cause: string;
    readonly measurements: readonly {
      readonly outcome: string;
      readonly rule: string;
      readonly method: string;
      readonly seg: string;
    }[];
    readonly objects: readonly { readonly kind: string; readonly sopInstanceUID: string }[];
    readonly events: readonly { readonly what: string; readonly from?: string; readonly to: string }[];
  }[];
}

describe('explain, from the ledger', () => {
  test('a report by its number, its UID, the number and the UID of an object of it: one story, that of the archive', async () => {
    const [seg, result] = ['SEG', 'SR'].map((kind) => own().find((each) => each.kind === kind)!);
    const first = await explain('r-1', '--json');
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const told = JSON.parse(first.stdout) as Told;
    expect(told).toMatchObject({
      name: 'r-1',
      report: { sopInstanceUID: REPORT },
      sightings: [{ source: 'pacs' }],
      runs: [
        {
          state: 'done',
          cause: 'sighting',
          measurements: [{ outcome: 'stored', rule: 'lesions', method: 'grabcut', seg: seg!.sop }],
        },
      ],
    });
    expect(told.runs[0]!.objects.map(({ kind, sopInstanceUID }) => [kind, sopInstanceUID])).toEqual([
      ['segmentation', seg!.sop],
      ['result-report', result!.sop],
    ]);
    const steps = told.runs[0]!.events.filter(({ what }) => what === 'run').map(({ to }) => to);
    expect(steps).toEqual(['seen', 'reading', 'segmenting', 'delivering', 'done']);
    for (const what of [REPORT, 'o-1', result!.sop])
      expect(await explain(what, '--json')).toMatchObject({ status: 0, stdout: first.stdout });
  }, 120_000);

  test('as text: what was seen where, decided by what, stored as what and when', async () => {
    const { stdout } = await explain('r-1');
    expect(stdout).toMatch(/^r-1 {2}seen in pacs\n {2}run 1 {2}done {2}\(sighting, opened /);
    expect(stdout).toMatch(/ stored +lesions +grabcut +0\.\d{3} +o-1 +1/);
    expect(stdout).toMatch(/o-1 +segmentation +pacs +stored/);
    expect(stdout).toMatch(/o-2 +result-report +pacs +stored/);
    expect(stdout).toMatch(/o-2 pacs +confirming +stored/);
    const listed = await caliper('list', '--written', '--config', config, '--json');
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { kind: string }).kind),
    ).toEqual(['result-report', 'segmentation']);
  }, 120_000);

  test('what the ledger does not know: exit 2', async () => {
    for (const what of ['o-99', '1.2.3.4'])
      expect(await explain(what)).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(/knows no such/),
      });
  }, 120_000);
});

test('replay by another bundle: a run of its own that explain tells; the contour that was there is rejected by a note', async () => {
  const replay = (...args: string[]) => caliper('replay', '--config', config, 'r-1', ...args);
  expect(await replay('--reject-old')).toMatchObject({ status: 2, stderr: expect.stringMatching(/go with --method/) });
  expect(await replay('--method', 'grabcut', '--bundle', 'default')).toMatchObject({ status: 2 });
  expect(await replay('--bundle', 'no-such')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/cannot be used/),
  });
  expect(await replay('--bundle', 'default', '--reject-old')).toMatchObject({ status: 0, stdout: 'r-1\n' });
  expect(await caliper('once', '--config', config)).toMatchObject({ status: 0 });
  expect(
    own()
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(['KO', 'SEG', 'SEG', 'SR', 'SR']);
  const told = JSON.parse((await explain('r-1', '--json')).stdout) as Told;
  expect(told.runs.map(({ cause, state, measurements }) => [cause, state, measurements[0]!.method])).toEqual([
    ['replay', 'done', 'cosegmentation'],
    ['sighting', 'done', 'grabcut'],
  ]);
  expect(told.runs[0]!.objects.map(({ kind }) => kind)).toEqual(['segmentation', 'result-report', 'rejection-note']);
}, 240_000);
