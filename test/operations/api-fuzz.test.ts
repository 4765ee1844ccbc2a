import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashedPassword } from '../../src/operations/access/password.js';
import { API_ROUTES } from '../../src/operations/index.js';
import { describeWith } from '../environment/peers.js';
import { pythonProgram } from '../environment/python-program.js';
import { filesOf } from '../pipeline/altered-phantom.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { ON_THIS_MACHINE, openPage, someToken, type OpenPage } from './open-page.js';

/**
 * At least half of the parameters that name something name something that is there. A request that the document allows is refused all the same where
 * two of its fields do not fit each other: a schema of one field cannot say that. All other checks of schemathesis are on.
 */
const SETTINGS = `
[dictionaries]
reports = { values = ["r-1", "r-2"] }
numbers = { values = [1, 2] }
archives = { values = ["pacs"] }
[parameters]
"path.report" = { dictionary = "reports", probability = 0.5 }
"path.number" = { dictionary = "numbers", probability = 0.5 }
"path.name" = { dictionary = "archives", probability = 0.5 }
"body.source" = { dictionary = "archives", probability = 0.9 }
[[operations]]
include-path-regex = "/(references|replay|choice)$"
checks = { positive_data_acceptance = { enabled = false } }
`;

/** What schemathesis says of its run (--report=json). */
interface FuzzReport {
  readonly complete: boolean;
  readonly operations: { readonly tested: number; readonly errored: number; readonly skipped: number };
  readonly test_cases: { readonly generated: number; readonly errored: number };
  readonly failures: readonly object[];
  readonly errors: readonly object[];
  readonly warnings: Readonly<Record<string, readonly unknown[]>>;
  /** By operation and phase: how often what the document allows was taken. */
  readonly valid_rates: Readonly<Record<string, Readonly<Record<string, { readonly accepted: number }>>>>;
}

/** Reads the document as it is served and sends what it allows and what it does not. */
describeWith({ schemathesis: pythonProgram('schemathesis') }, 'the API, judged by its own document', (peers) => {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-fuzz-'));
  const token = someToken();
  let small: SmallWorld;
  let page: OpenPage;

  beforeAll(async () => {
    small = await smallWorld('live', {}, [...filesOf(undefined, 1), ...filesOf(undefined, 2)]);
    const held = { ...small.world, rules: small.world.rules.map((rule) => ({ ...rule, holdBelowAgreement: 1 })) };
    await small.work(held);
    const opened = Date.now();
    page = await openPage(
      { ...small, world: held },
      {
        ...ON_THIS_MACHINE,
        reach: 'network',
        tls: 'proxy',
        users: [{ name: 'ada', role: 'viewer', password: await hashedPassword('a long enough password') }],
        tokens: [{ name: 'program', role: 'admin', token }],
      },
      // a second is a minute here: at the usual pace most answers would be that we asked too often
      { now: () => opened + 60 * (Date.now() - opened) },
    );
  }, 120_000);
  afterAll(async () => {
    await page?.server.close();
    await small?.close();
    rmSync(folder, { recursive: true });
  }, 60_000);

  test('no answer is a failure of ours, and every answer is what the document says', async () => {
    const settings = join(folder, 'schemathesis.toml');
    const report = join(folder, 'report.json');
    writeFileSync(settings, SETTINGS);
    const ended = await run(peers.schemathesis, [
      `--config-file=${settings}`,
      'run',
      `${page.server.url}api/v1/openapi.json`,
      `--url=${page.server.url.slice(0, -1)}`,
      `--header=Authorization: Bearer ${token}`,
      `--max-examples=${process.env['CALIPER_LONG'] === '1' ? 300 : 10}`,
      '--seed=1',
      '--continue-on-failure',
      '--generation-database=none',
      '--report=json',
      `--report-json-path=${report}`,
      '--no-color',
    ]);
    if (ended.status !== 0) throw new Error(ended.said);
    expect(ended.said).toContain('Test cases:');
    const said = JSON.parse(readFileSync(report, 'utf8')) as FuzzReport;
    expect(said).toMatchObject({ complete: true, failures: [], errors: [] });
    // the document itself is what it reads first, and asks for no more
    const others = API_ROUTES.filter(({ path }) => path !== '/api/v1/openapi.json');
    const names = others.map((r) => `${r.method.toUpperCase()} ${r.path.replace(/:(\w+)/g, '{$1}')}`);
    expect(said.operations).toMatchObject({ tested: names.length, errored: 0, skipped: 0 });
    expect(Object.keys(said.valid_rates).sort()).toEqual(names.sort());
    expect(said.test_cases.generated).toBeGreaterThan(400);
    expect(said.warnings).toMatchObject({ rate_limited: [], missing_auth: [], dictionary_mismatch: [] });
    // every door was not only knocked at: only a choice needs more than the document says, which is what was shown
    const entered = names.filter((name) => Object.values(said.valid_rates[name]!).some((phase) => phase.accepted > 0));
    expect(names.filter((name) => !entered.includes(name))).toEqual([
      'POST /api/v1/reports/{report}/measurements/{number}/choice',
    ]);
    expect(page.logged).not.toContain('page.failed');
  }, 1_800_000);
});

const run = (program: string, args: readonly string[]): Promise<{ status: number | null; said: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: tmpdir() });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => said.push(data.toString()));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, said: said.join('') }));
  });
