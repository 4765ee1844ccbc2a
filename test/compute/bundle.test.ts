import { afterAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBundle } from '../../src/compute/index.js';
import { readOnnxGraph } from '../../src/compute/bundle/onnx-graph.js';
import { copyOf, editManifest, exchangeFile, IMAGE, TINY } from './bundles.js';

const copies: string[] = [];
afterAll(() => copies.forEach((folder) => rmSync(folder, { recursive: true })));

function spoilt(spoil: (folder: string) => void, from = TINY): string {
  const folder = copyOf(from);
  copies.push(folder);
  spoil(folder);
  return folder;
}
const encoder = (): Buffer => readFileSync(join(TINY, 'encoder.onnx'));

// protobuf by hand: a field of wire type 2
const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
const field = (number: number, content: Uint8Array | readonly number[]): Buffer =>
  Buffer.from([...varint((number << 3) | 2), ...varint(content.length), ...content]);
const text = (value: string): Buffer => Buffer.from(value, 'ascii');

/** The encoder with something more inside its graph. */
function encoderWith(...more: readonly Buffer[]): Buffer {
  const bytes = encoder();
  // a model that PyTorch writes: version, producer and its version, graph, opset
  const start = bytes.indexOf(Buffer.from([0x3a]), bytes.indexOf('2.13') + 4);
  let [length, at] = [0, start + 1];
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  const graph = Buffer.concat([bytes.subarray(at, at + length), ...more]);
  return Buffer.concat([bytes.subarray(0, start), field(7, graph), bytes.subarray(at + length)]);
}

describe('a bundle', () => {
  it('is loaded with all that a program needs to know', async () => {
    const tiny = await loadBundle(TINY);
    expect(tiny).toMatchObject({
      ok: true,
      value: {
        sha256: createHash('sha256')
          .update(readFileSync(join(TINY, 'manifest.json')))
          .digest('hex'),
        manifest: { name: 'bundle-tiny', sizePx: 16, flips: 'four', partnerRule: 'prototype-mean', threshold: 0.5 },
      },
    });
    if (tiny.ok) expect(tiny.value.gates.centres).toHaveLength(9);
    expect(await loadBundle(IMAGE)).toMatchObject({ ok: true, value: { manifest: { skips: [], track: 'image' } } });
  });
});

describe('a bundle is refused by the name of the file that is wrong', () => {
  const refused: readonly [string, (folder: string) => void, object][] = [
    ['without a manifest', (f) => unlinkSync(join(f, 'manifest.json')), { code: 'missing', file: 'manifest.json' }],
    [
      'with half a manifest',
      (f) => writeFileSync(join(f, 'manifest.json'), '{"format":'),
      { code: 'corrupt', file: 'manifest.json', says: 'is not JSON' },
    ],
    ...['encoder.onnx', 'decoder.onnx', 'gates.f32', 'golden.f32', 'MODEL_CARD.md']
      .map((file) => [`without ${file}`, (f: string) => unlinkSync(join(f, file)), { code: 'missing', file }] as const)
      .map(([a, b, c]): [string, (folder: string) => void, object] => [a, b, c]),
    [
      'cut short',
      (f) => writeFileSync(join(f, 'decoder.onnx'), readFileSync(join(f, 'decoder.onnx')).subarray(1)),
      { code: 'corrupt', file: 'decoder.onnx' },
    ],
    [
      'with a bit that fell over',
      (f) => {
        const bytes = readFileSync(join(f, 'encoder.onnx'));
        bytes[2000]! ^= 1;
        writeFileSync(join(f, 'encoder.onnx'), bytes);
      },
      { code: 'corrupt', file: 'encoder.onnx', says: 'has another SHA-256 than the manifest says' },
    ],
    [
      'whose graph is a picture',
      (f) => exchangeFile(f, 'encoder.onnx', text('GIF89a, and not ONNX')),
      { code: 'foreign', file: 'encoder.onnx', says: 'is not an ONNX model' },
    ],
    [
      'whose encoder is the decoder',
      (f) => exchangeFile(f, 'encoder.onnx', readFileSync(join(f, 'decoder.onnx'))),
      { code: 'foreign', file: 'encoder.onnx', says: 'has no input named patch' },
    ],
    [
      'with an operator that runs another graph',
      (f) =>
        exchangeFile(f, 'encoder.onnx', Buffer.from(encoder().toString('latin1').replaceAll('Relu', 'Loop'), 'latin1')),
      { code: 'foreign', file: 'encoder.onnx', says: 'uses operators that are not allowed: Loop' },
    ],
    [
      'with an operator of another domain',
      (f) =>
        exchangeFile(
          f,
          'encoder.onnx',
          encoderWith(field(1, Buffer.concat([field(4, text('Relu')), field(7, text('com.microsoft'))]))),
        ),
      { code: 'foreign', file: 'encoder.onnx', says: 'uses operators that are not allowed: com.microsoft::Relu' },
    ],
    [
      'with weights in another file',
      (f) =>
        exchangeFile(
          f,
          'encoder.onnx',
          encoderWith(field(5, Buffer.concat([field(8, text('w')), Buffer.from([14 << 3, 1])]))),
        ),
      { code: 'foreign', file: 'encoder.onnx', says: 'has external data' },
    ],
    [
      'with weights in another file, in a constant',
      (f) =>
        exchangeFile(
          f,
          'encoder.onnx',
          encoderWith(
            field(
              1,
              Buffer.concat([field(4, text('Constant')), field(5, field(5, field(13, field(1, text('location')))))]),
            ),
          ),
        ),
      { code: 'foreign', file: 'encoder.onnx', says: 'has external data' },
    ],
    [
      'with a graph within a node',
      (f) =>
        exchangeFile(
          f,
          'encoder.onnx',
          encoderWith(field(1, Buffer.concat([field(4, text('Add')), field(5, field(6, []))]))),
        ),
      { code: 'foreign', file: 'encoder.onnx', says: 'has a graph within a node' },
    ],
    [
      'with two graphs',
      (f) => exchangeFile(f, 'encoder.onnx', Buffer.concat([encoder(), field(7, field(1, field(4, text('If'))))])),
      { code: 'foreign', file: 'encoder.onnx', says: 'is not an ONNX model' },
    ],
    [
      'with functions of its own',
      (f) => exchangeFile(f, 'encoder.onnx', Buffer.concat([encoder(), field(25, [])])),
      { code: 'foreign', file: 'encoder.onnx', says: 'has functions' },
    ],
    [
      'with too few gates',
      (f) => exchangeFile(f, 'gates.f32', readFileSync(join(f, 'gates.f32')).subarray(4)),
      { code: 'foreign', file: 'gates.f32' },
    ],
    [
      'with gates that are no numbers',
      (f) => exchangeFile(f, 'gates.f32', readFileSync(join(f, 'gates.f32')).fill(0xff)),
      { code: 'foreign', file: 'gates.f32', says: 'has values that are no numbers' },
    ],
  ];
  it.each(refused)('%s', async (_, spoil, problem) => {
    const folder = spoilt(spoil);
    expect(await loadBundle(folder)).toMatchObject({ ok: false, error: { folder, ...problem } });
  });

  it.each([
    ['format', 'caliper-bundle/2', /format is none of caliper-bundle\/1/],
    ['name', '../default', /name is not a plain name/],
    ['sizePx', 20, /encoder.onnx.* input patch of another shape/],
    ['sizePx', 16.5, /sizePx is not a whole number/],
    ['gateLength', 9, /encoder.onnx.* output gate of another shape/],
    ['channels', [{ kind: 'window', lowHu: 0, highHu: 0 }], /channels\[0\].highHu is not a number from 1 to/],
    ['channels', [{ kind: 'text' }], /channels\[0\].kind is none of window, /],
    ['channels', [], /channels are not 1 to 16/],
    ['normalisation', 'imagenet', undefined],
    ['skips', ['skip0'], /encoder.onnx.* output skip1 that is not known/],
    ['skips', ['skip0', 'gate'], /skips have names that are taken/],
    ['partnerRule', 'nearest', /partnerRule is none of/],
    ['clusters', 0, /partnerRule asks for partners, and there are none/],
    ['threshold', 1, /threshold is not a number/],
    ['crf', { iterations: 5 }, /crf is none of none/],
    ['opset', 18, /encoder.onnx is of opset 17, the manifest of 18/],
    ['resize', 'nearest', /resize is none of/],
    ['files', { '../encoder.onnx': { bytes: 1, sha256: '0'.repeat(64) } }, /files.encoder.onnx is not an object/],
    ['trainedOn', { sources: [1] }, /trainedOn.sources\[0\] is not a text/],
    ['patch', { scale: 'marks-relative', minimumSideMm: 20 }, /patch.sideLongAxisMultiple is not a number/],
  ])('whose manifest has another %s: %j', async (name, value, says) => {
    const folder = spoilt((f) => editManifest(f, (manifest) => ({ ...manifest, [name]: value })));
    const loaded = await loadBundle(folder);
    if (says === undefined) expect(loaded.ok).toBe(true);
    else expect(loaded.ok ? '' : `${loaded.error.code} ${loaded.error.file} ${loaded.error.says}`).toMatch(says);
  });

  it('and a file outside its folder is not looked for', async () => {
    const folder = spoilt((f) =>
      editManifest(f, (manifest) => ({
        ...manifest,
        files: { ...(manifest['files'] as object), '../encoder.onnx': { bytes: 1, sha256: '0'.repeat(64) } },
      })),
    );
    expect(await loadBundle(folder)).toMatchObject({ error: { code: 'foreign', file: 'manifest.json' } });
  });
});

describe('the reader of ONNX models', () => {
  it('knows what PyTorch wrote', () => {
    const read = readOnnxGraph(encoder());
    if (!read.ok) throw new Error(read.error);
    expect(read.value.opset).toBe(17);
    expect([...read.value.inputs]).toEqual([['patch', [undefined, 5, 16, 16]]]);
    expect([...read.value.outputs.keys()]).toEqual(['features', 'skip0', 'skip1', 'gate', 'embedding']);
    expect(read.value.operators).toContain('Conv');
    expect(read.value.extras.size).toBe(0);
  });

  it('comes to an end with any bytes', () => {
    const bytes = encoder();
    for (let length = 0; length < bytes.length; length += 97) readOnnxGraph(bytes.subarray(0, length));
    for (let at = 0; at < bytes.length; at += 53) {
      const broken = Buffer.from(bytes);
      broken[at] = broken[at]! ^ 0xa5;
      readOnnxGraph(broken);
    }
    expect(readOnnxGraph(bytes.subarray(0, 1000))).toEqual({ ok: false, error: 'is not an ONNX model' });
  });
});
