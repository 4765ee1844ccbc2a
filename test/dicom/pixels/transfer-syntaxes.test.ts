import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { TRANSFER_SYNTAXES } from '../../../src/dicom/index.js';
import { declaredEncoding, isDeflated } from '../../../src/dicom/part10/data-set-encoding.js';
import { describeWith, python } from '../../environment/peers.js';

test('one row a transfer syntax', () => {
  expect(new Set(TRANSFER_SYNTAXES.map((row) => row.uid)).size).toBe(TRANSFER_SYNTAXES.length);
});

describe('the encoding of the data set is the one that the reader takes', () => {
  test.each(TRANSFER_SYNTAXES.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const { vr, byteOrder } = declaredEncoding(row.uid);
    expect(row.dataSet).toBe(isDeflated(row.uid) ? 'deflated-explicit-little' : `${vr}-${byteOrder}`);
  });
});

describeWith({ python: python() }, 'the table against the dictionary of pydicom', ({ python }) => {
  const script = `import json, pydicom.uid as u
print(json.dumps({uid: row[0] for uid, row in u.UID_dictionary.items() if row[1] == "Transfer Syntax"}))`;
  const names = JSON.parse(execFileSync(python, ['-c', script], { encoding: 'utf8' })) as Record<string, string>;

  test('names are those of PS3.6', () => {
    const wrong = TRANSFER_SYNTAXES.filter(({ uid, name }) => names[uid] !== undefined && names[uid] !== name);
    expect(wrong).toEqual([]);
  });

  test('none lacks but those that no stored image has', () => {
    const known = new Set<string>(TRANSFER_SYNTAXES.map((row) => row.uid));
    expect(Object.entries(names).flatMap(([uid, name]) => (known.has(uid) ? [] : [name]))).toEqual([
      'RFC 2557 MIME encapsulation',
      'XML Encoding',
      'SMPTE ST 2110-20 Uncompressed Progressive Active Video',
      'SMPTE ST 2110-20 Uncompressed Interlaced Active Video',
      'SMPTE ST 2110-30 PCM Digital Audio',
      'Papyrus 3 Implicit VR Little Endian',
    ]);
  });
});
