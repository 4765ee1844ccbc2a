import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { root, run } from './node-packages.mjs';

/** What the tests measure the product against, and the Debian package that holds it. */
const DEBIAN_PEERS = [
  { name: 'Orthanc', file: '/usr/sbin/Orthanc', package: 'orthanc' },
  { name: 'Orthanc DICOMweb', file: '/usr/share/orthanc/plugins/libOrthancDicomWeb.so', package: 'orthanc-dicomweb' },
  { name: 'DCMTK', file: '/usr/bin/dcmdump', package: 'dcmtk' },
  { name: 'dciodvfy', file: '/usr/bin/dciodvfy', package: 'dicom3tools' },
  { name: 'PostgreSQL 15', file: '/usr/lib/postgresql/15/bin/postgres', package: 'postgresql-15' },
  { name: 'PixelMed', file: '/usr/share/java/pixelmed.jar', package: 'libpixelmed-java' },
  { name: 'a Java compiler', file: '/usr/bin/javac', package: 'default-jdk-headless' },
  { name: 'Chromium', file: '/usr/bin/chromium', package: 'chromium' },
  { name: 'promtool', file: '/usr/bin/promtool', package: 'prometheus' },
];

const there = (path) => {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
};

/** Installs Debian's peers where we may (root, apt); gives sentences about what is still missing. */
export function ensureDebianPeers() {
  let missing = DEBIAN_PEERS.filter((peer) => !there(peer.file));
  if (missing.length > 0 && process.getuid?.() === 0 && there('/usr/bin/apt-get')) {
    console.error(`installing ${missing.map((p) => p.package).join(', ')} ...`);
    aptInstall(missing.map((p) => p.package));
    missing = DEBIAN_PEERS.filter((peer) => !there(peer.file));
  }
  return missing.map((peer) => `tests that need ${peer.name} are skipped (Debian: apt-get install ${peer.package})`);
}

/** apt without questions, and without starting the services that the packages bring (policy-rc.d, see invoke-rc.d(8)). */
function aptInstall(packages) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { env, stdio: ['ignore', 'ignore', 2] };
    run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=600', 'update'], options);
    run(
      'apt-get',
      ['-q', '-y', '-o', 'DPkg::Lock::Timeout=600', 'install', '--no-install-recommends', ...packages],
      options,
    );
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/** Makes training/.venv with what the tests need of Python, training's own packages among it; gives a sentence when it cannot. */
export function ensurePython() {
  const python = ['python3'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (!python) return 'the Python half is skipped: there is no python3 (Debian: apt-get install python3 python3-venv)';
  const requirements = ['requirements-test.txt', 'requirements.txt'].map((name) => `${root}training/${name}`);
  const venv = `${root}training/.venv`;
  const stamp = `${venv}/.requirements`;
  const wanted = createHash('sha256')
    .update(requirements.map((file) => readFileSync(file, 'utf8')).join(''))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined;
  const hasVenv = () => spawnSync(python, ['-c', 'import venv, ensurepip']).status === 0;
  if (!hasVenv() && process.getuid?.() === 0 && there('/usr/bin/apt-get')) aptInstall(['python3-venv']);
  if (!hasVenv()) return 'the Python half is skipped: Python has no venv module (Debian: apt-get install python3-venv)';
  console.error('installing Python packages ...');
  const options = { stdio: ['ignore', 2, 2] };
  rmSync(venv, { recursive: true, force: true });
  const made =
    run(python, ['-m', 'venv', venv], options) === 0 &&
    run(
      `${venv}/bin/python`,
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements.flatMap((r) => ['-r', r])],
      options,
    ) === 0;
  if (!made) {
    rmSync(venv, { recursive: true, force: true });
    return 'the Python half is skipped: its packages could not be installed (see above)';
  }
  writeFileSync(stamp, wanted);
  return undefined;
}

/**
 * Installs the readers that are node packages into .readers/, away from the product's own: they are large, and two of their dependencies name
 * newer versions of Node than they need. Gives a sentence when it cannot.
 */
export function ensureReaders() {
  const manifest = `${root}test/readers/packages/`;
  const folder = `${root}.readers/`;
  const stamp = `${folder}.lock`;
  const wanted = createHash('sha256')
    .update(readFileSync(`${manifest}package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined;
  console.error('installing readers of segmentations ...');
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(manifest + name, folder + name);
  const quiet = ['--engine-strict=false', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: folder, stdio: ['ignore', 2, 2] };
  if (run('npm', ['ci', ...quiet], options) !== 0 && run('npm', ['install', ...quiet], options) !== 0) {
    rmSync(folder, { recursive: true, force: true });
    return 'tests that need Cornerstone3D and itk-wasm are skipped: the packages could not be installed (see above)';
  }
  writeFileSync(stamp, wanted);
  return undefined;
}
