import { parseArgs } from 'node:util';
import { ensureBuild, ensureNodePackages, root, run } from './node-packages.mjs';

/**
 * `npm run faults`: reports through a proxy that misbehaves, with a daemon that is killed, until every report has ended; then an oracle compares
 * archive and ledger. Needs Orthanc with its DICOMweb plugin (Debian: orthanc, orthanc-dicomweb).
 */
const HELP = `npm run faults -- [--reports N] [--kills N] [--seed S] [--rate 0..1]

  --reports  reports in the archive (default 100)
  --kills    SIGKILLs of the daemon (default 20)
  --seed     which faults come when (default 1)
  --rate     share of requests that something happens to (default 0.25)`;

const { values } = parseArgs({
  options: {
    reports: { type: 'string', default: '100' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '0.25' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
ensureNodePackages();
ensureBuild();
Object.assign(process.env, {
  CALIPER_STRICT: '1',
  CALIPER_FAULTS_REPORTS: values.reports,
  CALIPER_FAULTS_KILLS: values.kills,
  CALIPER_FAULTS_SEED: values.seed,
  CALIPER_FAULTS_RATE: values.rate,
  NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
});
process.exit(run(process.execPath, [`${root}node_modules/jest/bin/jest.js`, 'test/faults']));
