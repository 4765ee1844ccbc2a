import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { ensureBuild, ensureNodePackages, root, run } from './node-packages.mjs';

const names = readdirSync(`${root}bench`)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.replace('.mjs', ''))
  .sort();
const USAGE = `npm run bench -- NAME ...      one of: ${names.join(', ')}

Runs the kernels and their peers side by side, prints a table and writes bench/results/NAME.json. Ratio > 1: ours is ahead.
`;

const args = process.argv.slice(2);
if (args.length === 0 || args.includes('--help')) {
  console.log(USAGE);
  process.exit(args.length === 0 ? 2 : 0);
}
const unknown = args.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`there is no bench named ${unknown.join(', ')}\n\n${USAGE}`);
  process.exit(2);
}

ensureNodePackages();
ensureBuild();
const python = process.env.CALIPER_BENCH_PYTHON ?? ensureBenchPython();
for (const name of args) {
  const { bench } = await import(`../bench/${name}.mjs`);
  const { rows, peer } = await bench(python);
  report(name, { machine: machine(), peer, rows });
}

/** Makes bench/.venv with the peers; ends the run where that fails. */
function ensureBenchPython() {
  const requirements = `${root}bench/requirements.txt`;
  const venv = `${root}bench/.venv`;
  const stamp = `${venv}/.requirements`;
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return `${venv}/bin/python`;
  console.error('installing the peers into bench/.venv ...');
  rmSync(venv, { recursive: true, force: true });
  const options = { stdio: ['ignore', 2, 2] };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  if (run('python3', ['-m', 'venv', venv], options) !== 0 || run(`${venv}/bin/python`, pip, options) !== 0) {
    rmSync(venv, { recursive: true, force: true });
    console.error('the peers could not be installed: see above (python3 with venv and a C++ compiler are needed)');
    process.exit(3);
  }
  writeFileSync(stamp, wanted);
  return `${venv}/bin/python`;
}

function machine() {
  const [{ model }] = cpus();
  return {
    processor: `${model.trim()}, ${cpus().length} processors`,
    load: Number(loadavg()[0].toFixed(2)),
    node: process.versions.node,
    python: spawnSync(python, ['--version'], { encoding: 'utf8' }).stdout.trim(),
    date: new Date().toISOString().slice(0, 10),
  };
}

/** A table for people, JSON for programs. */
function report(name, result) {
  mkdirSync(`${root}bench/results`, { recursive: true });
  writeFileSync(`${root}bench/results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${name}: ours against ${result.peer}, on ${result.machine.processor}, load ${result.machine.load}`);
  const cell = (value) => (typeof value === 'number' ? Number(value.toPrecision(3)).toString() : String(value ?? ''));
  const columns = ['what', 'ours', 'peer', 'unit', 'ratio'];
  const lines = [columns, ...result.rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  for (const line of lines) console.log(line.map((text, i) => text.padEnd(widths[i])).join('  '));
  console.log(`bench/results/${name}.json`);
}
