import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNodePackages, root, run } from './node-packages.mjs';
import { ensureDebianPeers, ensurePython, ensureReaders } from './peers.mjs';

const USAGE = `npm test [-- --strict] [-- --quick | --long] [-- PATTERN ...]

Installs what the tests need (node packages; a Python environment in training/.venv; readers in .readers; on Debian as root the peers by apt),
checks types and runs every test. Ends with "N passed, N failed"; exit 0 only if none failed.

  --strict   a missing peer is a failure instead of a skip (also with CI=true)
  --quick    the inner loop: no archives, databases, browsers or Python
  --long     the same tests with full counts
  PATTERN    only test files whose path contains it
`;

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}
const unknown = args.filter((a) => a.startsWith('--') && !['--strict', '--quick', '--long'].includes(a));
if (unknown.length > 0) {
  console.error(`unknown option ${unknown.join(' ')}\n\n${USAGE}`);
  process.exit(2);
}
const quick = args.includes('--quick');
const strict = args.includes('--strict') || process.env.CI === 'true';
const patterns = args.filter((a) => !a.startsWith('--'));

ensureNodePackages();
const notes = quick
  ? []
  : [...ensureDebianPeers(), ensurePython(), ensureReaders()].filter((note) => note !== undefined);

const failedStep = (what) => {
  console.log(`${what} failed: see above`);
  console.log('0 passed, 1 failed');
  process.exit(1);
};
const tsc = (project) => run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project]);
if (tsc('tsconfig.json') !== 0) failedStep('compiling src/');
if (tsc('tsconfig.test.json') !== 0) failedStep('checking the types of the tests');

const scratch = mkdtempSync(join(tmpdir(), 'caliper-test-'));
const results = join(scratch, 'results.json');
const python = `${root}training/.venv/bin/python`;
run(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--maxWorkers=2',
    '--json',
    `--outputFile=${results}`,
    ...(quick
      ? ['--testPathPatterns', 'test/(domain|configuration|dicom/geometry|segmentation|pictures|sr-parser)/']
      : patterns),
  ],
  {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...(strict ? { CALIPER_STRICT: '1' } : {}),
      ...(args.includes('--long') ? { CALIPER_LONG: '1' } : {}),
      ...(!quick && existsSync(python) && !process.env.CALIPER_PYTHON ? { CALIPER_PYTHON: python } : {}),
    },
  },
);
if (!existsSync(results)) failedStep('running jest');
const outcome = JSON.parse(readFileSync(results, 'utf8'));
rmSync(scratch, { recursive: true, force: true });

const training =
  !quick && patterns.length === 0 && existsSync(python) ? pytest() : { passed: 0, failed: 0, skipped: [] };

for (const note of notes) console.log(note);
const skipped = outcome.testResults.flatMap((file) => file.assertionResults.filter((t) => t.status === 'pending'));
for (const test of skipped) console.log(`skipped: ${test.fullName}`);
for (const test of training.skipped) console.log(`skipped: ${test}`);
const failed = outcome.numFailedTests + outcome.numRuntimeErrorTestSuites + training.failed;
console.log(`${outcome.numPassedTests + training.passed} passed, ${failed} failed`);
process.exit(failed === 0 && outcome.numPassedTests > 0 ? 0 : 1);

/** The tests of training/; a run that ends without a report is one failure. */
function pytest() {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-pytest-'));
  const report = join(folder, 'report.xml');
  run(python, ['-m', 'pytest', '--quiet', `--junit-xml=${report}`], {
    cwd: `${root}training`,
    stdio: ['ignore', 2, 2],
  });
  const xml = existsSync(report) ? readFileSync(report, 'utf8') : '';
  rmSync(folder, { recursive: true, force: true });
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0];
  if (!suite) return { passed: 0, failed: 1, skipped: [] };
  const count = (name) => Number(new RegExp(`${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  const skipped = [...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*><skipped/g)].map(
    ([, where, name]) => `training ${where}: ${name}`,
  );
  return { passed: count('tests') - failed - count('skipped'), failed, skipped };
}
