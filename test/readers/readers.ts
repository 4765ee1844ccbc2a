import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Answer } from './answer.js';
import type { TrueImage } from './series.js';

/** A segmentation as a file, and the images that a viewer would have open beside it. */
export interface Written {
  readonly path: string;
  readonly images: readonly TrueImage[];
}

const MANY_BYTES = 1 << 29;

/** highdicom by source image and as a volume, and pydicom frame by frame: one process for all. */
export function readWithPython(python: string, written: readonly Written[]): readonly Record<string, Answer>[] {
  const run = spawnSync(python, ['test/readers/read_highdicom.py'], {
    input: JSON.stringify(written.map(({ path }) => ({ seg: path }))),
    encoding: 'utf8',
    maxBuffer: MANY_BYTES,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Record<string, Answer>[];
}

/** dcmqi's `segimage2itkimage`, a process a file; it writes one NRRD file whose values are segment numbers. */
export function readWithDcmqi(program: string, { path }: Written): Answer {
  const folder = `${path}-dcmqi`;
  mkdirSync(folder);
  try {
    const run = spawnSync(
      program,
      ['--mergeSegments', '-t', 'nrrd', '--outputDirectory', folder, '--inputDICOM', path],
      { encoding: 'utf8' },
    );
    const files = readdirSync(folder).filter((name) => name.endsWith('.nrrd'));
    if (run.status !== 0 || files.length === 0)
      return { kind: 'refused', says: run.stderr.trim().split('\n').at(-1) ?? '' };
    if (files.length > 1) return { kind: 'refused', says: `${files.length} groups of overlapping segments` };
    return volumeOf(readFileSync(join(folder, files[0]!)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The NRRD files that dcmqi writes (teem.sourceforge.net/nrrd/format.html): 16-bit or 8-bit, little endian, gzip, in patient coordinates. */
function volumeOf(file: Buffer): Answer {
  const end = file.indexOf('\n\n');
  const header = file.subarray(0, end).toString('latin1');
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(header)?.[1] ?? '';
  const vectors = (text: string): readonly number[][] =>
    [...text.matchAll(/\(([^)]*)\)/g)].map(([, numbers]) => numbers!.split(',').map(Number));
  if (field('space') !== 'left-posterior-superior' || field('encoding') !== 'gzip') throw new Error(header);
  const directions = vectors(field('space directions'));
  const origin = vectors(field('space origin'))[0]!;
  const shape = field('sizes').split(' ').map(Number);
  const bytes = gunzipSync(file.subarray(end + 2));
  const size = bytes.length / shape.reduce((product, n) => product * n, 1);
  if (size !== 1 && size !== 2) throw new Error(header);
  const segments: Record<string, number[][]> = {};
  for (let k = 0; k < bytes.length / size; k++) {
    const label = size === 1 ? bytes[k]! : bytes.readUInt16LE(2 * k);
    if (label === 0) continue;
    const voxel = [k % shape[0]!, Math.floor(k / shape[0]!) % shape[1]!, Math.floor(k / shape[0]! / shape[1]!)];
    (segments[label] ??= []).push(voxel);
  }
  const affine = [0, 1, 2].map((row) => [...directions.map((direction) => direction[row]!), origin[row]!]);
  return { kind: 'volume', affine: [...affine, [0, 0, 0, 1]], shape, segments };
}

/** dcmqi as WebAssembly: a process reads on until one file is refused, since an abort spoils what follows. */
export function readWithItkWasm(packages: string, written: readonly Written[]): readonly Answer[] {
  const answers: Answer[] = [];
  while (answers.length < written.length) {
    const left = written.slice(answers.length);
    const run = spawnSync(process.execPath, ['test/readers/read_itk_wasm.mjs', packages], {
      input: left.map(({ path }) => path).join('\n'),
      encoding: 'utf8',
      maxBuffer: MANY_BYTES,
    });
    const lines = run.stdout.split('\n').filter((line) => line.startsWith('{'));
    if (lines.length === 0)
      lines.push(JSON.stringify({ kind: 'refused', says: `the process ends with ${run.status}` }));
    answers.push(...lines.map((line) => JSON.parse(line) as Answer));
  }
  return answers;
}

/** Cornerstone3D's adapter, bundled for node with what it needs of a browser left out. */
export function readWithCornerstone(packages: string, folder: string, written: readonly Written[]): readonly Answer[] {
  const script = bundled(packages, 'test/readers/read_cornerstone.mjs', join(folder, 'cornerstone.mjs'), 'node');
  const run = spawnSync(process.execPath, [script], {
    input: JSON.stringify(written.map(({ path, images }) => ({ seg: path, images }))),
    encoding: 'utf8',
    maxBuffer: MANY_BYTES,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Answer[];
}

/** A script and what it imports of the readers' packages as one file, for node or a browser. */
export function bundled(packages: string, entry: string, out: string, platform: 'node' | 'browser'): string {
  const run = spawnSync(process.execPath, ['test/readers/bundle.mjs', packages, entry, out, platform], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return out;
}
