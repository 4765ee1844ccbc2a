import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ensureBuild, ensureNodePackages, root, run } from './node-packages.mjs';

const USAGE = `npm run setup:cuda [-- --remove]

Lets the network run on an NVIDIA GPU (Linux, x64): fetches ONNX Runtime's CUDA provider of exactly the version that is installed, and the CUDA 13
libraries that it needs, from PyPI (about 2.5 GB on disk, in .cuda/ and beside ONNX Runtime's own library). Needs python3 with venv. The driver
(580 or newer) is the machine's own. Ends by trying it out: exit 0 if the GPU computes, 1 if not. Nothing else of Caliper changes: without it, or
where it does not work, \`device: auto\` takes the CPU and says why.

  --remove   takes all of it away again
`;

/** What the provider is linked against: CUDA 13, cuDNN 9. */
const LIBRARIES = [
  'nvidia-cublas==13.*',
  'nvidia-cuda-runtime==13.*',
  'nvidia-curand==10.*',
  'nvidia-cufft==12.*',
  'nvidia-cudnn-cu13==9.*',
  'nvidia-cuda-nvrtc==13.*',
];
const PROVIDER_FILES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

const folder = join(root, '.cuda');
/** Where the inference process looks for them: LD_LIBRARY_PATH must name it before that process starts. */
const libraries = join(folder, 'lib');
const runtime = join(root, 'node_modules/onnxruntime-node');
const beside = join(runtime, 'bin/napi-v6/linux/x64');

const args = process.argv.slice(2);
if (args.includes('--help')) end(0, USAGE);
if (args.some((arg) => arg !== '--remove')) end(2, USAGE);
if (args.includes('--remove')) {
  rmSync(folder, { recursive: true, force: true });
  for (const file of PROVIDER_FILES) rmSync(join(beside, file), { force: true });
  end(0, 'removed');
}
if (process.platform !== 'linux' || process.arch !== 'x64') end(3, 'the CUDA provider is for Linux on x64 only');

ensureNodePackages();
const { version } = JSON.parse(readFileSync(join(runtime, 'package.json'), 'utf8'));
const python = join(folder, 'python/bin/python');
if (!existsSync(python)) must('making a Python environment', 'python3', ['-m', 'venv', join(folder, 'python')]);
const pip = (...more) => [python, ['-m', 'pip', '--disable-pip-version-check', '--quiet', ...more]];

// the wheel of another version would load and crash
console.error(`fetching the CUDA provider of ONNX Runtime ${version} ...`);
const wheels = join(folder, 'wheel');
rmSync(wheels, { recursive: true, force: true });
must('fetching it', ...pip('download', '--no-deps', '--dest', wheels, `onnxruntime-gpu==${version}`));
const [wheel] = readdirSync(wheels);
must('unpacking it', python, ['-m', 'zipfile', '-e', join(wheels, wheel), join(wheels, 'open')]);
for (const file of PROVIDER_FILES) cpSync(join(wheels, 'open/onnxruntime/capi', file), join(beside, file));
rmSync(wheels, { recursive: true });

console.error('fetching the CUDA libraries ...');
const packages = join(folder, 'packages');
rmSync(packages, { recursive: true, force: true });
must('fetching them', ...pip('install', '--no-deps', '--target', packages, ...LIBRARIES));
rmSync(libraries, { recursive: true, force: true });
mkdirSync(libraries);
for (const entry of readdirSync(packages, { recursive: true, withFileTypes: true }))
  if (/\.so(\.\d+)*$/.test(entry.name) && entry.isFile())
    symlinkSync(relative(libraries, join(entry.parentPath, entry.name)), join(libraries, entry.name));

console.error('trying it ...');
ensureBuild();
const { probeInference } = await import('../dist/compute/index.js');
const probe = await probeInference({ device: 'cuda', deadlineMs: 120_000 });
if (probe.kind === 'works') end(0, `ONNX Runtime ${probe.version} computes on the GPU`);
end(1, `all is installed, but the GPU does not compute: ${probe.because}`);

function must(what, command, more) {
  if (run(command, more, { stdio: ['ignore', 2, 2] }) === 0) return;
  end(3, `${what} failed: see above`);
}

function end(code, says) {
  (code === 0 ? console.log : console.error)(says.trimEnd());
  process.exit(code);
}
