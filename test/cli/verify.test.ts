import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '../../src/cli/verify.js';
import { TAG } from '../../src/domain/index.js';
import { readFileSync } from 'node:fs';
import { edited, items } from '../seg-writer/editing.js';
import { recordingTerminal } from './terminal.js';

const control = 'test/fixtures/segmentations/control.dcm';
const images = 'test/fixtures/segmentations/images';
const scratch = mkdtempSync(join(tmpdir(), 'caliper-verify-cli-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const unreferenced = join(scratch, 'unreferenced.dcm');
writeFileSync(
  unreferenced,
  edited(readFileSync(control), (tree) => {
    for (const frame of items(tree, TAG.PerFrameFunctionalGroupsSequence)) frame.delete(TAG.DerivationImageSequence);
  }),
);

describe('caliper verify', () => {
  test('an object that every reader shows', async () => {
    const terminal = recordingTerminal();
    const exit = await verify({ files: [control], sources: images, form: 'table' }, terminal);
    expect(exit).toBe(0);
    expect(terminal.results[0]).toContain('BINARY, 7 frames, 2 segments (pixels 1: 913, 2: 697)');
    expect(terminal.results[1]).toContain(
      'Explicit VR Little Endian; written by Caliper Caliper; compared with its images',
    );
    expect(terminal.results).toContain('  nothing found');
    expect(terminal.results.filter((line) => line.includes('shows it'))).toHaveLength(10);
  });

  test('an object that a viewer draws on other slices: what, where, which readers, what to do', async () => {
    const terminal = recordingTerminal();
    const exit = await verify({ files: [unreferenced], sources: images, form: 'table' }, terminal);
    expect(exit).toBe(1);
    const text = terminal.results.join('\n');
    expect(text).toContain(
      'error   derivation-image-missing (frame 1-7): a frame does not name the image it was drawn on',
    );
    expect(text).toMatch(/OHIF 3 \(Cornerstone3D\) +its source +shows it WRONG +slice-differs/);
    expect(text).toMatch(/highdicom 0\.28 by image +tried +REFUSES it +derivation-image-missing/);
    expect(text).toMatch(/3D Slicer \(dcmqi 1\.5\.7\) +tried +shows it\n/);
  });

  test('--json: one object a file, with every key', async () => {
    const terminal = recordingTerminal();
    const exit = await verify(
      { files: [control, unreferenced, join(images, '0001.dcm')], sources: undefined, form: 'json' },
      terminal,
    );
    expect(exit).toBe(1);
    const [good, bad, image] = terminal.results.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(good).toMatchObject({
      file: control,
      kind: 'segmentation',
      type: 'BINARY',
      writtenBy: 'another',
      frames: 7,
      segments: [
        { number: 1, pixels: 913 },
        { number: 2, pixels: 697 },
      ],
      images: 'not-at-hand',
      problems: [],
    });
    expect(good!['readers']).toContainEqual({
      reader: 'dcmqi',
      name: '3D Slicer (dcmqi 1.5.7)',
      known: 'tried',
      does: 'shows',
      because: [],
    });
    expect(bad!['problems']).toContainEqual(
      expect.objectContaining({
        code: 'slice-by-list',
        severity: 'error',
        frames: [1, 2, 3, 4, 5, 6, 7],
        segments: [],
        items: [],
      }),
    );
    expect(image).toEqual({
      file: join(images, '0001.dcm'),
      kind: 'not-a-segmentation',
      says: 'the object is no segmentation, measurement report or rejection note',
    });
    expect(terminal.notes).toEqual(['3 files, 2 with errors']);
  });

  test('a report is looked at with the segmentations beside it; a folder without images is a mistake of usage', async () => {
    const report = 'test/fixtures/reports/highdicom__0.28.2-lines.dcm';
    const terminal = recordingTerminal();
    await verify({ files: [report, control], sources: undefined, form: 'table' }, terminal);
    expect(terminal.results[0]).toBe(`${report}: measurement report`);
    const usage = recordingTerminal();
    expect(await verify({ files: [control], sources: scratch, form: 'table' }, usage)).toBe(2);
    expect(usage.notes).toEqual([`${scratch}: there is no image below it`]);
  });
});
