import { parseArgs } from 'node:util';
import { ensureBuild, ensureNodePackages, root, run } from './node-packages.mjs';

/**
 * `npm run faults`: reports through a proxy that misbehaves, with a daemon that is killed, until every report has ended; then an oracle compares
 * archive and ledger. Needs Orthanc with its DICOMweb plugin (Debian: orthanc, orthanc-dicomweb).
 */
const HELP = `npm run faults -- [--reports N] [--kills N] [--seed S] [--rate 0..1] [--method M] [--minutes N]

  --reports  reports in the archive (default 100)
  --kills    SIGKILLs of the daemon (default 20)
  --seed     which faults come when (default 1)
  --rate     share of retrieves that something happens to (default 0.25); twice as many stores, a fifth of searches
  --method   grabcut (default) or cosegmentation, whose network's process is then killed too
  --minutes  runs again with the next seeds until so many minutes are over (default: once)
  --long     1,000 reports and 200 kills`;

const { values } = parseArgs({
  options: {
    reports: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '0.25' },
    method: { type: 'string', default: 'grabcut' },
    minutes: { type: 'string', default: '0' },
    long: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
ensureNodePackages();
ensureBuild();
const until = Date.now() + Number(values.minutes) * 60_000;
for (let seed = Number(values.seed); ; seed++) {
  Object.assign(process.env, {
    CALIPER_STRICT: '1',
    CALIPER_FAULTS_REPORTS: values.reports ?? (values.long ? '1000' : '100'),
    CALIPER_FAULTS_KILLS: values.kills ?? (values.long ? '200' : '20'),
    CALIPER_FAULTS_SEED: String(seed),
    CALIPER_FAULTS_RATE: values.rate,
    CALIPER_FAULTS_METHOD: values.method,
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
  });
  const status = run(process.execPath, [`${root}node_modules/jest/bin/jest.js`, 'test/faults/faults.test.ts']);
  if (status !== 0) {
    console.error(`seed ${seed}: repeat it with npm run faults -- --seed ${seed}`);
    process.exit(status);
  }
  if (Date.now() >= until) break;
}
