import { describe, expect, jest, test } from '@jest/globals';
import { readPart10 } from '../../../src/dicom/index.js';
import { SOP_CLASS } from '../../../src/domain/index.js';
import { contentItem } from '../../../src/dicom/index.js';
import { imagesIn } from '../ct-images.js';
import { lesionOn, requestFor } from '../lesions.js';

/** The mutation: a writer that names an instance which is not in the evidence, where the language should stand. */
jest.unstable_mockModule('../../../src/seg-writer/content-tree/observer.js', () => ({
  language: () =>
    contentItem.image('CONTAINS', undefined, { sopClassUID: SOP_CLASS.Segmentation, sopInstanceUID: '2.25.123456789' }),
  deviceObserver: () => [],
}));

const { writeRejectionNote, writeResultReports, writeSegmentations } = await import('../../../src/seg-writer/index.js');

const lesions = [lesionOn(imagesIn('test/fixtures/ct/phantom')[0]!.slice, 1)];
const request = requestFor(lesions);
const { objects } = writeSegmentations(request);

describe('a document that fails its own check is refused by name', () => {
  test('a result report', () => {
    const { reports, refused } = writeResultReports({ ...request, objects, lesions });
    expect(reports).toEqual([]);
    expect(refused).toEqual([
      {
        reason: 'document-self-check',
        detail: 'evidence-missing',
        studyInstanceUID: objects[0]!.studyInstanceUID,
      },
    ]);
  });
  test('a rejection note', () => {
    const file = readPart10(objects[0]!.bytes);
    if (!file.ok) throw new Error(file.error.code);
    const { equipment, createdAt } = request;
    const note = writeRejectionNote({ rejected: [file.value.dataSet], cause: 'superseded', equipment, createdAt });
    expect(note).toEqual({ ok: false, error: { reason: 'document-self-check', detail: 'evidence-missing' } });
  });
});
