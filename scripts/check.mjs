import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ensureBuild, ensureNodePackages, root, run } from './node-packages.mjs';

/** Everything that is checked without running the product: types, style, the house, dead code, generated pages, licences. */
ensureNodePackages();
ensureBuild();
const node =
  (script, ...args) =>
  () =>
    run(process.execPath, [`node_modules/${script}`, ...args]) === 0;
const steps = [
  ['types of the tests', node('typescript/bin/tsc', '-p', 'tsconfig.test.json')],
  ['eslint', node('eslint/bin/eslint.js', '--max-warnings=0', '.')],
  ['prettier', node('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.')],
  [
    'dependency-cruiser',
    node('dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src'),
  ],
  ['knip', node('knip/bin/knip.js')],
  ['generated pages', () => run(process.execPath, ['scripts/pages.mjs', '--check']) === 0],
  ['licences', licences],
];
const failed = steps.filter(([name, step]) => {
  console.log(`== ${name}`);
  return !step();
});
audit();
console.log(failed.length === 0 ? 'check: clean' : `check: failed: ${failed.map(([name]) => name).join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);

/** What is shipped must be free for any use. */
function licences() {
  const allowed =
    /^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|PostgreSQL|Python-2\.0|WTFPL|Zlib)$/;
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
  const counts = new Map();
  const refused = [];
  for (const [path, { dev, license }] of Object.entries(packages)) {
    if (path === '' || dev) continue;
    const words = String(license ?? 'unknown')
      .replace(/[()]/g, '')
      .split(/ OR /);
    const found = words.find((word) => word.split(/ AND /).every((one) => allowed.test(one.trim())));
    counts.set(found ?? license ?? 'unknown', (counts.get(found ?? license ?? 'unknown') ?? 0) + 1);
    if (!found) refused.push(`${path.replace('node_modules/', '')}: ${license ?? 'unknown'}`);
  }
  console.log(
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([name, n]) => `${name} ${n}`)
      .join(', '),
  );
  for (const line of refused) console.error(`not allowed in what is shipped: ${line}`);
  return refused.length === 0;
}

/** Known weaknesses of what is shipped: a report, since a registry that does not answer says nothing about us. */
function audit() {
  console.log('== audit (report only)');
  const done = spawnSync('npm', ['audit', '--omit=dev', '--json', '--loglevel=silent'], {
    cwd: root,
    encoding: 'utf8',
  });
  try {
    const { metadata, message } = JSON.parse(done.stdout);
    console.log(metadata ? JSON.stringify(metadata.vulnerabilities) : `the registry gives no audit: ${message}`);
  } catch {
    console.log('the registry gives no audit');
  }
}
