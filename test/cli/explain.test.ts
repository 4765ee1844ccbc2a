import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explain } from '../../src/cli/explain.js';
import { TAG } from '../../src/domain/index.js';
import { writeRejectionNote, writeResultReports, writeSegmentations } from '../../src/seg-writer/index.js';
import { readPart10 } from '../../src/dicom/index.js';
import { imagesIn } from '../seg-writer/ct-images.js';
import { edited } from '../seg-writer/editing.js';
import { lesionOn, reportOf, requestFor } from '../seg-writer/lesions.js';
import { recordingTerminal } from './terminal.js';

const scratch = mkdtempSync(join(tmpdir(), 'caliper-explain-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const slices = imagesIn('test/fixtures/ct/phantom').map(({ slice }) => slice);
const lesions = [0, 1].map((index, n) => lesionOn(slices[index]!, n + 1));
const request = requestFor(lesions);
const { objects } = writeSegmentations(request);
const object = objects[0]!;
const written = (name: string, bytes: Uint8Array): string => {
  const path = join(scratch, name);
  writeFileSync(path, bytes);
  return path;
};
const seg = written('seg.dcm', object.bytes);
const told = async (what: string, json = false) => {
  const terminal = recordingTerminal();
  const exit = await explain({ what, config: undefined, json }, terminal);
  return { exit, text: terminal.results.join('\n'), notes: terminal.notes };
};

describe('caliper explain FILE', () => {
  test('a segmentation, from the file alone', async () => {
    const { exit, text } = await told(seg);
    expect(exit).toBe(0);
    expect(text).toContain(`${seg}: segmentation by Caliper 0.1.0`);
    expect(text).toMatch(/written +2026-03-04 05:06:07/);
    expect(text).toMatch(new RegExp(`report +${request.report.sopInstanceUID!.replaceAll('.', '\\.')}\n`));
    expect(text).toMatch(/lines +12\.3 x 8\.0 mm in the report/);
    expect(text).toMatch(/contour +12\.0 x 7\.5 mm/);
    expect(text).toMatch(/method +grabcut \(caliper-grabcut 0\.1\.0\)/);
    expect(text).toMatch(/bundle +none/);
    expect(text).toMatch(/kernel +revision \d+/);
    expect(text.match(/pixels +as they were written/g)).toHaveLength(2);
  });

  test('pixels that are no longer those that were written', async () => {
    const changed = edited(object.bytes, (tree) => {
      const branch = tree.get(TAG.PixelData)!;
      if ('bytes' in branch) branch.bytes[9]! ^= 4;
    });
    const { exit, text } = await told(written('changed.dcm', changed));
    expect(exit).toBe(1);
    expect(text).toMatch(/pixels +CHANGED since they were written/);
  });

  test('--json has the same, with every key', async () => {
    const { exit, text } = await told(seg, true);
    expect(exit).toBe(0);
    const found = JSON.parse(text) as { segments: { work: Record<string, unknown> }[] };
    expect(found).toMatchObject({ file: seg, kind: 'segmentation', sopInstanceUID: object.sopInstanceUID });
    expect(found.segments[0]!.work).toMatchObject({
      report: request.report.sopInstanceUID,
      measurementKey: '1.6.1',
      method: 'grabcut',
      agreement: 0.875,
    });
  });

  test('a result report and a rejection note', async () => {
    const { report, ...rest } = request;
    const {
      reports: [result],
    } = writeResultReports({ ...rest, report: report ?? reportOf(lesions), objects, lesions });
    const ofReport = await told(written('report.dcm', result!.bytes));
    expect(ofReport.exit).toBe(0);
    expect(ofReport.text).toContain('result report by Caliper 0.1.0');
    expect(ofReport.text).toMatch(/Long Axis +12 +mm/);
    const read = readPart10(object.bytes);
    if (!read.ok) throw new Error(read.error.code);
    const note = writeRejectionNote({
      rejected: [read.value.dataSet],
      cause: 'withdrawn',
      equipment: request.equipment,
      createdAt: request.createdAt,
    });
    if (!note.ok) throw new Error(note.error.reason);
    const ofNote = await told(written('note.dcm', note.value.bytes));
    expect(ofNote.text).toContain('rejection note by Caliper');
    expect(ofNote.text).toMatch(new RegExp(`rejects +${object.sopInstanceUID.replaceAll('.', '\\.')}`));
  });

  test('objects of somebody else, and what is no file', async () => {
    const foreign = await told('test/fixtures/segmentations/control.dcm');
    expect([foreign.exit, foreign.notes]).toEqual([
      1,
      ['test/fixtures/segmentations/control.dcm: was not written by Caliper'],
    ]);
    const none = await told('r-12');
    expect([none.exit, none.notes]).toEqual([
      2,
      ['r-12: there is no such file; numbers and UIDs need the ledger: give --config'],
    ]);
  });
});
