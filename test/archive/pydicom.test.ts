import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, python } from '../environment/peers.js';
import { ask, partsOf, rowsOf, value, type Row } from './http.js';
import { cleanUpAfterEach, scratchArchive, scratchFolder } from './scratch-archive.js';

cleanUpAfterEach();

interface Listed {
  readonly file: string;
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly transferSyntax: string;
  /** DICOM JSON by pydicom; binary values as links. */
  readonly attributes: Row;
  /** SHA-256 of each frame in little endian. */
  readonly frames: readonly string[];
}

const FIXTURES = ['archive', 'character-sets', 'transfer-syntaxes'];

describeWith({ python: python() }, 'the archive says of every fixture what pydicom says', ({ python: program }) => {
  const listed = async (folder: string): Promise<readonly Listed[]> => {
    const { stdout } = await promisify(execFile)(program, ['test/archive/pydicom-listing.py', folder], {
      maxBuffer: 1 << 28,
    });
    return JSON.parse(stdout) as readonly Listed[];
  };

  test('which files are instances, their metadata and their frames', async () => {
    const folder = await scratchFolder();
    await mkdir(folder, { recursive: true });
    // a folder each: many of the files hold the same instance in another transfer syntax
    // pydicom gives half of a value that is cut short, and follows an offset table that leads astray
    for (const name of FIXTURES)
      for (const file of await readdir(join('test/fixtures', name)))
        if (file.endsWith('.dcm') && !/truncated|wrong/.test(file))
          await cp(join('test/fixtures', name, file), join(folder, name, file, 'file'));

    let [instances, frames] = [0, 0];
    for (const expected of await listed(folder)) {
      const archive = await scratchArchive({ folder: join(folder, expected.file, '..') });
      const { url } = archive;
      const path = `${url}/studies/${expected.study}/series/${expected.series}/instances/${expected.instance}`;
      const [metadata] = rowsOf(await ask(`${path}/metadata`));
      expect([expected.file, comparable(metadata ?? {})]).toEqual([expected.file, comparable(expected.attributes)]);
      const [row] = rowsOf(await ask(`${url}/instances?includefield=AvailableTransferSyntaxUID`));
      expect(value(row, '00083002')).toBe(expected.transferSyntax);
      for (const [index, sha256] of expected.frames.entries()) {
        const answer = await ask(`${path}/frames/${index + 1}`);
        expect([expected.file, answer.status]).toEqual([expected.file, 200]);
        const [part] = partsOf(answer);
        expect([
          expected.file,
          createHash('sha256')
            .update(part?.body ?? '')
            .digest('hex'),
        ]).toEqual([expected.file, sha256]);
        frames++;
      }
      instances++;
      await archive.close();
    }
    expect(instances).toBeGreaterThan(70);
    expect(frames).toBeGreaterThan(70);
  });
});

/** pydicom knows private dictionaries, keeps group lengths, and gives the character set of the file. */
const isCompared = (key: string): boolean =>
  !key.startsWith('0002') && key !== '00080005' && !key.endsWith('0000') && parseInt(key.slice(3, 4), 16) % 2 === 0;

/** Values as text and numbers; binary values, which may be a link or base64, by being there. */
function comparable(row: Row): unknown {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([key]) => isCompared(key))
      .map(([key, element]) => [key, { vr: element?.vr, values: (element?.Value ?? []).map(plain) }]),
  );
}

function plain(item: unknown): unknown {
  if (typeof item === 'number') return Number(item.toPrecision(6));
  // pydicom keeps the padding of values that are not the last
  if (typeof item === 'string') return item.trim();
  if (typeof item !== 'object' || item === null) return item;
  const entries = Object.entries(item);
  if (entries.every(([key]) => /^(Alphabetic|Ideographic|Phonetic)$/.test(key))) return item;
  return comparable(item as Row);
}
