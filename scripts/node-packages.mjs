import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program with the checkout as its folder; its output is the user's. Gives the exit code. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (done.error) throw done.error;
  return done.status ?? 1;
}

/**
 * Installs the packages of the lock file unless they are there. ONNX Runtime's own installer would fetch CUDA libraries from elsewhere, which
 * fails where only a package registry is reached; they have a command of their own.
 */
export function ensureNodePackages() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node ${process.versions.node} is too old: 20.19 or newer is needed.`);
    process.exit(3);
  }
  if (packagesAreThere()) return;
  console.error('installing node packages ...');
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NODE_ENV: '' };
  const options = { env, stdio: ['ignore', 2, 2] };
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  if (run('npm', ['ci', ...quiet], options) === 0) return;
  console.error('npm ci failed; trying npm install, which may take other versions than the lock file names');
  if (run('npm', ['install', '--no-save', ...quiet], options) !== 0) {
    console.error('the node packages could not be installed: see the messages above');
    process.exit(3);
  }
}

function packagesAreThere() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')).packages;
  const there = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  );
}

/** Compiles src/ to dist/; what is up to date costs a second. */
export function ensureBuild() {
  const code = run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
    stdio: ['ignore', 2, 2],
  });
  if (code !== 0) {
    console.error('the sources do not compile: see the messages above');
    process.exit(3);
  }
}
