import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLesionSet } from '../../src/dataset/index.js';
import { dciodvfy, describeWith, python } from '../environment/peers.js';
import { caliper, endHarvests, fillArchive, serveArchive, writeConfiguration } from './harvest-command.js';

/** The set once more as DICOM: sound to a validator, the same pixels to another reader, and the same set when it is harvested itself. */
jest.setTimeout(600_000);

const scratch = mkdtempSync(join(tmpdir(), 'caliper-dicom-copy-'));
const here = new URL('.', import.meta.url).pathname;
const out = join(scratch, 'set');
const files = () =>
  readdirSync(join(out, 'dicom'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.dcm'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

beforeAll(async () => {
  const archive = join(scratch, 'archive');
  fillArchive(archive, 10);
  await harvested(archive, out, ['--context', '5', '--dicom']);
});
afterAll(() => {
  endHarvests();
  rmSync(scratch, { recursive: true, force: true });
});

async function harvested(folder: string, to: string, more: readonly string[]): Promise<void> {
  const archive = await serveArchive(folder);
  const config = writeConfiguration(`${to}.yaml`, { url: archive.url });
  const { status, err } = await caliper(['--config', config, '--out', to, '--from', '1900-01-01', ...more]);
  await archive.close();
  expect({ status, err: status === 0 ? '' : err }).toEqual({ status: 0, err: '' });
}

/** Rows without what is a pseudonym or a number of the set's own. */
async function measured(folder: string): Promise<readonly string[]> {
  const set = await readLesionSet(folder);
  if (!set.ok) throw new Error(set.error.says);
  return set.value.rows
    .map(({ observerMarks, rows, columns, spacing }) => JSON.stringify([observerMarks, rows, columns, spacing]))
    .sort();
}

describe('harvested again', () => {
  test('the copy gives the same measurements on the same slices', async () => {
    const again = join(scratch, 'again');
    await harvested(join(out, 'dicom'), again, ['--context', '5']);
    expect((await measured(out)).length).toBeGreaterThan(5);
    expect(await measured(again)).toEqual(await measured(out));
  });
});

describeWith({ dciodvfy: dciodvfy() }, 'dciodvfy', (peers) => {
  test('finds no error in images and reports', () => {
    const errors = files().flatMap((file) => {
      const { stdout, stderr } = spawnSync(peers.dciodvfy, ['-new', file], { encoding: 'utf8' });
      return `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('Error'));
    });
    expect(files().length).toBeGreaterThan(20);
    expect([...new Set(errors)]).toEqual([]);
  });
});

describeWith({ python: python() }, 'pydicom and Pillow', (peers) => {
  test('read the same Hounsfield units from slice and picture, and places a slice distance apart', () => {
    const said = execFileSync(peers.python, [join(here, 'compare_dicom_copy.py'), out], { encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual({ differing: [], misplaced: [], compared: expect.any(Number) });
    expect((JSON.parse(said) as { compared: number }).compared).toBeGreaterThan(20);
  });
});
