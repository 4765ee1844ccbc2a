import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPart10 } from '../../../src/dicom/index.js';
import { describeWith, python, shared } from '../../environment/peers.js';
import { listDataSet, type Line } from './listing.js';

const FIXTURES = join(process.cwd(), 'test/fixtures');

function listFile(path: string): Line[] {
  const result = readPart10(readFileSync(path));
  if (!result.ok) throw new Error(`${path}: ${result.error.code}`);
  return listDataSet(result.value.dataSet);
}

/** Every element of a data set with its nesting, VR and value is what pydicom reads. */
describe.each(['data-sets', 'character-sets'])('as pydicom reads test/fixtures/%s', (folder) => {
  const expected = JSON.parse(readFileSync(join(FIXTURES, folder, 'expected.json'), 'utf8')) as Record<string, Line[]>;

  test.each(Object.keys(expected))('%s', (name) => {
    const lines = listFile(join(FIXTURES, folder, name));
    // a number of which the file has half: pydicom gives it, as a whole one
    const cut = name === 'rtplan_truncated.dcm' ? '300A00B0/0/300A0111/0/300A012C' : undefined;
    expect(lines).toEqual(expected[name]!.filter(([path]) => path !== cut));
  });
});

describeWith({ python: python(), shared: shared() }, 'as pydicom reads every file of the collection', (peers) => {
  test('the same elements, VRs, values and nesting', () => {
    const files = ['sr-corpus', 'seg-corpus', 'data/studies'].flatMap((folder) =>
      readdirSync(join(peers.shared, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.dcm'))
        .map((name) => join(peers.shared, folder, name)),
    );
    const answer = spawnSync(peers.python, [join(process.cwd(), 'test/dicom/part10/pydicom-listing.py')], {
      input: JSON.stringify(files),
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    expect(answer.stderr).toBe('');
    const listings = answer.stdout.trimEnd().split('\n');
    const differing = files.flatMap((path, index) => {
      const theirs = new Map((JSON.parse(listings[index]!) as Line[]).map((line) => [line[0], JSON.stringify(line)]));
      const ours = new Map(listFile(path).map((line) => [line[0], JSON.stringify(line)]));
      const paths = new Set([...ours.keys(), ...theirs.keys()]);
      return [...paths].filter((each) => ours.get(each) !== theirs.get(each)).map((each) => `${path} ${each}`);
    });
    expect(files.length).toBeGreaterThan(400);
    // (0040,A170) written in implicit VR as a code string: the dictionary makes pydicom see a sequence of one unreadable item
    expect(differing.filter((each) => !/Tag-0040-A170-VR-CS\.dcm .*0040A170$/.test(each))).toEqual([]);
  }, 180_000);
});
