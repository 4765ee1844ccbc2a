import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLesionSet, readLesionSet, type LesionSet } from '../../src/dataset/index.js';
import { agreement } from '../../src/domain/index.js';
import { describeWith, python } from '../environment/peers.js';
import { madeSet } from './made-set.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-seeds-'));
  folders.push(folder);
  return folder;
};

async function opened(folder: string): Promise<LesionSet> {
  const set = await readLesionSet(folder);
  if (!set.ok) throw new Error(set.error.says);
  return set.value;
}

const labelsOf = (pixels: number): Uint8Array => Uint8Array.from({ length: pixels }, (_, p) => [0, 128, 255][p % 3]!);

/** Writes all but the third row, in another order, the second without seed. */
async function written(): Promise<{ from: LesionSet; folder: string }> {
  const source = madeSet({ withoutMask: ['made_3'] });
  folders.push(source);
  const from = await opened(source);
  const folder = newFolder();
  const writer = await createLesionSet(folder, from);
  if (!writer.ok) throw new Error(writer.error);
  for (const i of [5, 4, 3, 0, 1]) {
    const row = from.rows[i]!;
    const seed = { labels: labelsOf(row.rows * row.columns), agreement: agreement(i / 7), method: 'grabcut' } as const;
    await writer.value.add(row, i === 1 ? undefined : seed);
  }
  await writer.value.close({ name: 'test', version: '1' });
  return { from, folder };
}

const digests = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );

describe('a data set with seeds', () => {
  it('is read again with the same rows, images and expert masks', async () => {
    const { from, folder } = await written();
    const set = await opened(folder);
    expect(set.refused).toEqual([]);
    expect(set.rows.map((r) => r.id)).toEqual(['made_0', 'made_1', 'made_3', 'made_4', 'made_5']);
    expect(set.sources).toEqual(from.sources);
    expect([...set.masks].sort()).toEqual(['made_0', 'made_1', 'made_4', 'made_5']);
    for (const row of set.rows) {
      const before = from.rows.find((r) => r.id === row.id)!;
      const own = (r: typeof row) => ({ ...r, record: undefined });
      expect(own(row)).toEqual(own(before));
      expect(readFileSync(join(folder, row.imagePath))).toEqual(readFileSync(join(from.folder, before.imagePath)));
    }
    expect(set.rows.map((r) => [r.record.get('agreement'), r.record.get('method')])).toEqual([
      ['0.0000', 'grabcut'],
      ['', ''],
      ['0.4286', 'grabcut'],
      ['0.5714', 'grabcut'],
      ['0.7143', 'grabcut'],
    ]);
    expect(set.rows[0]!.record.get('origin')).toBe('phantom, "made"');
  });

  it('is made of the same bytes every time, and its sums say which', async () => {
    const [a, b] = [await written(), await written()];
    expect(digests(a.folder)).toEqual(digests(b.folder));
    const { SHA256SUMS, ...files } = digests(a.folder);
    const sums = readFileSync(join(a.folder, 'SHA256SUMS'), 'utf8').trimEnd().split('\n');
    expect(SHA256SUMS).toBeDefined();
    expect(Object.fromEntries(sums.map((line) => line.split('  ').reverse()))).toEqual(files);
  });

  it('never goes into a folder that has something in it', async () => {
    const { from, folder } = await written();
    expect(await createLesionSet(folder, from)).toEqual({ ok: false, error: 'folder-not-empty' });
  });
});

describeWith({ python: python() }, 'seeds before Pillow', (peers) => {
  it('are 8-bit grey pictures of the size of the image', async () => {
    const { folder } = await written();
    const program =
      'import sys;from PIL import Image;i=Image.open(sys.argv[1]);print(i.mode,*i.size,i.tobytes().hex())';
    const [mode, width, height, pixels] = execFileSync(
      peers.python,
      ['-c', program, join(folder, 'seeds/made_4.png')],
      { encoding: 'utf8' },
    )
      .trim()
      .split(' ');
    expect([mode, width, height]).toEqual(['L', '64', '56']);
    expect(pixels).toBe(Buffer.from(labelsOf(64 * 56)).toString('hex'));
  });
});
