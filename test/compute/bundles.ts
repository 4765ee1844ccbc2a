import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBundle, type Bundle } from '../../src/compute/index.js';
import { pixelIndex } from '../../src/domain/index.js';
import type { SegmentationTask } from '../../src/segmentation/index.js';
import { marksAt, spacingOf } from '../segmentation/marks.js';

export const TINY = 'test/fixtures/bundle-tiny';
export const IMAGE = 'test/fixtures/bundle-image';

/** The fixtures, every bundle that is shipped, and one that CALIPER_BUNDLE names. */
export const everyBundle = (): readonly string[] => [
  ...(process.env['CALIPER_BUNDLE'] === undefined ? [] : [process.env['CALIPER_BUNDLE']]),
  TINY,
  IMAGE,
  ...readdirSync('models')
    .map((name) => join('models', name))
    .filter((folder) => existsSync(join(folder, 'manifest.json'))),
];

export async function bundleAt(folder: string): Promise<Bundle> {
  const loaded = await loadBundle(folder);
  if (!loaded.ok) throw new Error(`${loaded.error.file} ${loaded.error.says}`);
  return loaded.value;
}

/** A copy that a test may spoil. */
export function copyOf(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'caliper-bundle-'));
  cpSync(folder, copy, { recursive: true });
  return copy;
}

type Json = Record<string, unknown>;

/** Rewrites the manifest. */
export function editManifest(folder: string, edit: (manifest: Json) => Json): void {
  const path = join(folder, 'manifest.json');
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, 'utf8')) as Json)));
}

/** Puts other bytes in place of a file, and says so in the manifest. */
export function exchangeFile(folder: string, file: string, bytes: Uint8Array): void {
  writeFileSync(join(folder, file), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  editManifest(folder, (manifest) => ({
    ...manifest,
    files: { ...(manifest['files'] as Json), [file]: { bytes: bytes.length, sha256 } },
  }));
}

/** Numbers that another implementation computed for a lesion. */
export interface GoldenCase {
  readonly task: SegmentationTask;
  readonly patch: Float32Array;
  readonly gate: Float32Array;
  readonly embedding: Float32Array;
  readonly partner: Float32Array;
  readonly cluster: number;
  readonly probability: Float32Array;
  readonly slice: Float32Array;
}

interface GoldenJson {
  readonly cases: readonly {
    readonly rows: number;
    readonly columns: number;
    readonly spacingMm: readonly [number, number];
    readonly marks: { readonly long: Four; readonly short: Four | null };
    readonly offsets: Readonly<Record<string, number>>;
  }[];
}
type Four = readonly [number, number, number, number];

export function goldenCases({ folder, manifest }: Bundle): readonly GoldenCase[] {
  const { cases } = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as GoldenJson;
  const bytes = readFileSync(join(folder, 'golden.f32'));
  const numbers = Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  const { sizePx, channels, gates } = manifest;
  return cases.map(({ rows, columns, spacingMm: [sx, sy], marks: { long, short }, offsets }) => {
    const at = (name: string, length: number): Float32Array => numbers.subarray(offsets[name], offsets[name]! + length);
    const end = (four: Four, i: 0 | 2) => [four[i], four[i + 1]!] as const;
    const marks = short
      ? marksAt(end(long, 0), end(long, 2), end(short, 0), end(short, 2))
      : marksAt(end(long, 0), end(long, 2));
    return {
      task: {
        hu: Float32Array.from(at('hu', rows * columns)),
        rows,
        columns,
        spacing: spacingOf(sx, sy),
        marks,
        method: 'cosegmentation',
      },
      patch: at('patch', channels.length * sizePx ** 2),
      gate: at('gate', gates.gateLength),
      embedding: at('embedding', gates.embeddingLength),
      partner: at('partner', gates.gateLength),
      cluster: offsets['cluster']!,
      probability: at('probability', sizePx ** 2),
      slice: at('slice', rows * columns),
    };
  });
}

export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** A bright disc; no two radii and places alike. */
export function disc(radius: number, shift = 0, size = 64): SegmentationTask {
  const middle = size / 2 + shift;
  const hu = Float32Array.from({ length: size * size }, (_, p) =>
    Math.hypot((p % size) - middle, Math.floor(p / size) - middle) <= radius ? 90 + (p % 7) : 20 + (p % 5),
  );
  const end = (x: number, y: number) => pixelIndex(middle + x, middle + y);
  return {
    hu,
    rows: size,
    columns: size,
    spacing: spacingOf(0.7),
    marks: { longAxis: [end(-radius, 0), end(radius, 0)], shortAxis: [end(0, -radius), end(0, radius)] },
    method: 'cosegmentation',
  };
}
