import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail, ok, type Result } from '../../domain/index.js';
import { gateNumbers, partnerGates, type PartnerGates } from '../../segmentation/index.js';
import { GATES_FILE, GRAPH_FILES, readManifest, type BundleManifest } from './manifest.js';
import { readOnnxGraph, type OnnxGraph, type TensorShape } from './onnx-graph.js';
import { OPERATORS } from './operators.js';

/** A model folder that is whole and of our format. */
export interface Bundle {
  readonly folder: string;
  /** SHA-256 of the manifest, which holds those of all other files: the identity of the model. */
  readonly sha256: string;
  readonly manifest: BundleManifest;
  readonly gates: PartnerGates;
}

/** missing: a file is not there. corrupt: not what the manifest says it is. foreign: whole, but nothing that this program can or may run. */
export interface BundleProblem {
  readonly code: 'missing' | 'corrupt' | 'foreign';
  readonly folder: string;
  readonly file: string;
  /** Completes a sentence that begins with the file's name. */
  readonly says: string;
}

/** A bundle with the graphs that a runtime is given: exactly the bytes that were checked. */
export interface BundleWithGraphs {
  readonly bundle: Bundle;
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
}

const MANIFEST = 'manifest.json';

/** Reads a bundle and checks all of it: sizes and digests of its files, operators and shapes of its graphs. Nothing in it is run. */
export async function loadBundle(folder: string): Promise<Result<Bundle, BundleProblem>> {
  const read = await readBundle(folder);
  return read.ok ? ok(read.value.bundle) : read;
}

export async function readBundle(folder: string): Promise<Result<BundleWithGraphs, BundleProblem>> {
  const place = resolve(folder);
  const problem = (code: BundleProblem['code'], file: string, says: string) =>
    fail<BundleProblem>({ code, folder: place, file, says });

  const bytes = await bytesOf(join(place, MANIFEST));
  if (!bytes) return problem('missing', MANIFEST, 'is not there');
  const json = jsonOf(bytes);
  if (!json) return problem('corrupt', MANIFEST, 'is not JSON');
  const read = readManifest(json.value);
  if (!read.ok) return problem('foreign', MANIFEST, `is of another format: ${read.error}`);
  const manifest = read.value;

  const kept = new Map<string, Uint8Array>();
  for (const [file, wanted] of manifest.files) {
    const content = await bytesOf(join(place, file));
    if (!content) return problem('missing', file, 'is not there');
    if (content.length !== wanted.bytes)
      return problem('corrupt', file, `has ${content.length} bytes instead of ${wanted.bytes}`);
    if (sha256(content) !== wanted.sha256)
      return problem('corrupt', file, 'has another SHA-256 than the manifest says');
    if (NEEDED.has(file)) kept.set(file, content);
  }
  const [encoder, decoder] = GRAPH_FILES.map((file) => kept.get(file)!) as [Uint8Array, Uint8Array];
  for (const [file, content, sides] of [
    ['encoder.onnx', encoder, encoderSides(manifest)],
    ['decoder.onnx', decoder, decoderSides(manifest)],
  ] as const) {
    const foreign = whyForeign(content, manifest, sides);
    if (foreign !== undefined) return problem('foreign', file, foreign);
  }
  const numbers = float32(kept.get(GATES_FILE)!);
  if (numbers?.length !== gateNumbers(manifest.gates))
    return problem('foreign', GATES_FILE, 'has not as many numbers as the manifest says');
  if (!numbers.every(Number.isFinite)) return problem('foreign', GATES_FILE, 'has values that are no numbers');
  const gates = partnerGates(numbers, manifest.gates);
  return ok({ bundle: { folder: place, sha256: sha256(bytes), manifest, gates }, encoder, decoder });
}

const NEEDED: ReadonlySet<string> = new Set([...GRAPH_FILES, GATES_FILE]);

/** What a graph takes and gives, by name. */
interface Sides {
  readonly inputs: ReadonlyMap<string, TensorShape>;
  readonly outputs: ReadonlyMap<string, TensorShape>;
}

/** A feature map: its sizes are the network's own business. */
const ANY = [undefined, undefined, undefined, undefined] as const;
const featureMaps = ({ skips }: BundleManifest) => ['features', ...skips].map((name) => [name, ANY] as const);

const encoderSides = (manifest: BundleManifest): Sides => ({
  inputs: new Map([['patch', [undefined, manifest.channels.length, manifest.sizePx, manifest.sizePx]]]),
  outputs: new Map<string, TensorShape>([
    ...featureMaps(manifest),
    ['gate', [undefined, manifest.gates.gateLength]],
    ['embedding', [undefined, manifest.gates.embeddingLength]],
  ]),
});

const decoderSides = (manifest: BundleManifest): Sides => ({
  inputs: new Map<string, TensorShape>([...featureMaps(manifest), ['partner', [undefined, manifest.gates.gateLength]]]),
  outputs: new Map([['probability', [undefined, 1, manifest.sizePx, manifest.sizePx]]]),
});

/** Why a graph is not one of ours; undefined where it is. */
function whyForeign(bytes: Uint8Array, { opset }: BundleManifest, sides: Sides): string | undefined {
  const read = readOnnxGraph(bytes);
  if (!read.ok) return read.error;
  const graph = read.value;
  if (graph.extras.size > 0) return `has ${[...graph.extras].join(', ')}`;
  const unknown = [...graph.operators].filter((operator) => !OPERATORS.has(operator));
  if (unknown.length > 0) return `uses operators that are not allowed: ${unknown.sort().join(', ')}`;
  if (graph.opset !== opset) return `is of opset ${graph.opset}, the manifest of ${opset}`;
  return sideProblem('input', graph.inputs, sides.inputs) ?? sideProblem('output', graph.outputs, sides.outputs);
}

function sideProblem(
  side: 'input' | 'output',
  there: OnnxGraph['inputs'],
  wanted: ReadonlyMap<string, TensorShape>,
): string | undefined {
  for (const [name, shape] of wanted) {
    if (!there.has(name)) return `has no ${side} named ${name}`;
    const own = there.get(name);
    if (!own || own.length !== shape.length || own.some((size, i) => differ(size, shape[i])))
      return `has an ${side} ${name} of another shape than the manifest says`;
  }
  // the first size is how many patches are looked at together
  for (const [name, shape] of there) {
    if (!wanted.has(name)) return `has an ${side} ${name} that is not known`;
    if (shape?.[0] !== undefined) return `takes a fixed number of patches (${side} ${name})`;
  }
  return undefined;
}

const differ = (a: number | undefined, b: number | undefined): boolean => a !== undefined && b !== undefined && a !== b;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Little-endian numbers, on their own memory; undefined where the bytes are no whole number of them. */
function float32(bytes: Uint8Array): Float32Array | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

function jsonOf(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

const NOT_THERE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

const isSystemError = (error: unknown): error is { readonly code: unknown } =>
  typeof error === 'object' && error !== null && 'code' in error;

/** Undefined where there is no such file. */
async function bytesOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isSystemError(error) && NOT_THERE.has(error.code)) return undefined;
    throw error;
  }
}
