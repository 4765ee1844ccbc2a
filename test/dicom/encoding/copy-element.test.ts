import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  copyElement,
  dataSetFromJson,
  encodePart10,
  readPart10,
  type DicomFile,
  type Element,
} from '../../../src/dicom/index.js';
import { TAG, type Tag } from '../../../src/domain/index.js';
import { dciodvfy, dcmdump, describeWith, python, shared } from '../../environment/peers.js';
import { explicit, file, implicit, item, SYNTAX } from '../part10/hand-made.js';
import type { Line } from '../part10/listing.js';

function read(bytes: Uint8Array): DicomFile {
  const result = readPart10(bytes);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

/** Every element that can be copied, written as a new file; group lengths are retired. */
function rewritten(bytes: Uint8Array): Uint8Array {
  const { dataSet } = read(bytes);
  const elements = new Map<Tag, Element>();
  for (const tag of dataSet.tags()) {
    const element = (tag & 0xffff) === 0 ? undefined : copyElement(dataSet, tag);
    if (element) elements.set(tag, element);
  }
  return encodePart10(elements);
}

describe('copying an element', () => {
  test('keeps the bytes of a name that no one can decode', () => {
    const name = Buffer.from('\xd4\xcf\xc0\xde^\x1b$Z\xff', 'latin1');
    const { dataSet } = read(file(SYNTAX.explicit, explicit(TAG.PatientName, 'PN', name)));
    expect(copyElement(dataSet, TAG.PatientName)).toEqual({ vr: 'PN', bytes: name });
    expect(copyElement(dataSet, TAG.PatientID)).toBeUndefined();
  });

  test('copies sequences whole, with the VRs of the dictionary where the source is implicit', () => {
    const inner = implicit(TAG.PatientID, 'A1');
    const { dataSet } = read(
      file(
        SYNTAX.implicit,
        implicit(TAG.Modality, 'CT'),
        implicit(TAG.OtherPatientIDsSequence, Buffer.concat([item(inner), item(Buffer.alloc(0))])),
      ),
    );
    expect(copyElement(dataSet, TAG.OtherPatientIDsSequence)).toEqual({
      vr: 'SQ',
      items: [new Map([[TAG.PatientID, { vr: 'LO', bytes: Buffer.from('A1') }]]), new Map()],
    });
  });

  test('copies nothing rather than half a sequence', () => {
    const json = dataSetFromJson({
      '00101002': { vr: 'SQ', Value: [{ '00100020': { vr: 'LO', Value: ['A1'] } }] },
      '00100020': { vr: 'LO', Value: ['A1'] },
      '00100040': { vr: 'CS' },
    });
    if (!json.ok) throw new Error(json.error);
    expect(copyElement(json.value, TAG.OtherPatientIDsSequence)).toBeUndefined();
    expect(copyElement(json.value, TAG.PatientID)).toBeUndefined();
    expect(copyElement(json.value, TAG.PatientSex)).toEqual({ vr: 'CS', bytes: new Uint8Array(0) });
  });
});

/** Runs `use` with the paths of copies of the files. */
function withCopies(paths: readonly string[], use: (copies: readonly string[]) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'copy-element-'));
  try {
    use(
      paths.map((path, index) => {
        const copy = join(folder, `${index}.dcm`);
        writeFileSync(copy, rewritten(readFileSync(path)));
        return copy;
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.dcm'))
    .map((name) => join(folder, name));

const hasInstance = (path: string): boolean => {
  const result = readPart10(readFileSync(path));
  return (
    result.ok &&
    result.value.dataSet.text(TAG.SOPClassUID) !== undefined &&
    result.value.dataSet.text(TAG.SOPInstanceUID) !== undefined
  );
};

const fixtures = ['data-sets', 'character-sets']
  .flatMap((folder) => filesIn(join(process.cwd(), 'test/fixtures', folder)))
  .filter((path) => hasInstance(path) && !path.endsWith('truncated.dcm'));

describeWith({ dcmdump: dcmdump() }, 'copies as dcmdump reads them', (peers) => {
  test('without a word of complaint', () => {
    withCopies(fixtures, (copies) => {
      expect(copies.length).toBeGreaterThan(15);
      for (const copy of copies) {
        const answer = spawnSync(peers.dcmdump, ['-q', copy], { encoding: 'latin1' });
        expect({ copy, status: answer.status, stderr: answer.stderr }).toEqual({ copy, status: 0, stderr: '' });
        expect(answer.stdout).toContain('Little Endian Explicit');
        // undefined lengths are written so
        expect(answer.stdout).not.toContain('u/l');
      }
    });
  });
});

describeWith({ python: python() }, 'copies as pydicom reads them', (peers) => {
  const listings = (paths: readonly string[]): Line[][] => {
    const answer = spawnSync(peers.python, [join(process.cwd(), 'test/dicom/part10/pydicom-listing.py')], {
      input: JSON.stringify(paths),
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    expect(answer.stderr).toBe('');
    return answer.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line[]);
  };
  /** Encapsulated pixel data is not copied. */
  const copied = (lines: readonly Line[]): readonly Line[] => lines.filter(([, , kind]) => kind !== 'encapsulated');

  test('the same elements, VRs, values and nesting as in the source', () => {
    withCopies(fixtures, (copies) => {
      const before = listings(fixtures);
      listings(copies).forEach((lines, index) => {
        expect([fixtures[index], ...lines]).toEqual([fixtures[index], ...copied(before[index]!)]);
      });
    });
  });

  const collection = shared();
  (collection === undefined ? test.skip : test)(
    'also of reports by many vendors and of segmentations',
    () => {
      const files = ['sr-corpus/negative', 'sr-corpus/public-tid1500', 'seg-corpus']
        .flatMap((folder) => filesIn(join(collection ?? '', folder)))
        .filter(hasInstance);
      withCopies(files, (copies) => {
        const before = listings(files);
        const differing = listings(copies).flatMap((lines, index) =>
          JSON.stringify(lines) === JSON.stringify(copied(before[index]!)) ? [] : [files[index]!],
        );
        expect(differing.filter((path) => !path.endsWith('Tag-0040-A170-VR-CS.dcm'))).toEqual([]);
        expect(files.length).toBeGreaterThan(80);
      });
    },
    180_000,
  );
});

describeWith({ dciodvfy: dciodvfy(), shared: shared() }, 'copies as dciodvfy judges them', (peers) => {
  test('says of a copied report and segmentation what it says of the source', () => {
    const files = filesIn(join(peers.shared, 'sr-corpus/independent')).slice(0, 20);
    // places of bytes in the file differ, and who wrote it
    const judged = (path: string): readonly string[] =>
      spawnSync(peers.dciodvfy, [path], { encoding: 'latin1' })
        .stderr.split('\n')
        .filter((line) => !/ImplementationVersionName|byte offset/.test(line));
    withCopies(files, (copies) => {
      copies.forEach((copy, index) => expect(judged(copy)).toEqual(judged(files[index]!)));
    });
  });
});
