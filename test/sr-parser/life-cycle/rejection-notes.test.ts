import { afterAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TAG } from '../../../src/domain/index.js';
import { rejectedInstances } from '../../../src/sr-parser/index.js';
import { describeWith, python } from '../../environment/peers.js';
import { dataSetOf, FIXTURES } from '../corpus.js';

describeWith({ python: python() }, 'key objects by highdicom', (peers) => {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-notes-'));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const report = join(FIXTURES, 'highdicom__0.28.2-lines.dcm');
  const image = join(FIXTURES, 'slices', 'ct__synthetic__aniso-1.dcm');
  const uidOf = (file: string) => dataSetOf(readFileSync(file)).text(TAG.SOPInstanceUID);

  test.each([
    ['113001', true],
    ['113037', true],
    ['113038', true],
    ['113039', true],
    ['113000', false],
  ])('%s on a report or on an image: rejects %s', (title, rejects) => {
    for (const about of [report, image]) {
      const out = join(scratch, 'note.dcm');
      const script = join(import.meta.dirname, '../../pipeline/note_by_highdicom.py');
      execFileSync(peers.python, [script, out, title, about], { stdio: ['ignore', 'ignore', 'pipe'] });
      expect([...rejectedInstances(dataSetOf(readFileSync(out)))]).toEqual(rejects ? [uidOf(about)] : []);
    }
  });
});
