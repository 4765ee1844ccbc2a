import { describe, expect, test } from '@jest/globals';
import { readPart10 } from '../../../src/dicom/index.js';
import { SOP_CLASS, TAG, type DataSet } from '../../../src/domain/index.js';
import {
  checkDocument,
  explainObject,
  writeRejectionNote,
  writeResultReports,
  writeSegmentations,
  type SegmentationProblemCode,
} from '../../../src/seg-writer/index.js';
import { imagesIn } from '../ct-images.js';
import { edited, items, setText, textOf, within, type Tree } from '../editing.js';
import { lesionOn, reportOf, requestFor } from '../lesions.js';
import { OF_DOCUMENTS } from './only-of-others.js';

const slices = imagesIn('test/fixtures/ct/phantom').map(({ slice }) => slice);
const lesions = [0, 1, 1].map((index, n) => lesionOn(slices[index]!, n + 1));
const request = requestFor(lesions);
const { objects } = writeSegmentations(request);
const dataSetOf = (bytes: Uint8Array): DataSet => {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet;
};
const segmentations = objects.map(({ bytes }) => dataSetOf(bytes));
const {
  reports: [report],
} = writeResultReports({
  report: reportOf(lesions),
  objects,
  lesions,
  equipment: request.equipment,
  createdAt: request.createdAt,
});
const note = writeRejectionNote({
  rejected: segmentations,
  cause: 'superseded',
  equipment: request.equipment,
  createdAt: request.createdAt,
});
if (!note.ok) throw new Error(note.error.reason);

const FOREIGN = '2.25.111111111111111111111111111111111111111';
const codeOf = (item: Tree): string =>
  item.has(TAG.ConceptNameCodeSequence) ? textOf(within(item, TAG.ConceptNameCodeSequence), TAG.CodeValue) : '';
const child = (item: Tree, code: string): Tree =>
  items(item, TAG.ContentSequence).find((each) => codeOf(each) === code)!;
const without = (item: Tree, code: string): void => {
  const all = items(item, TAG.ContentSequence);
  all.splice(0, all.length, ...all.filter((each) => codeOf(each) !== code));
};
const groups = (tree: Tree): Tree[] => items(child(tree, '126010'), TAG.ContentSequence);
const studyOf = (tree: Tree): Tree => within(tree, TAG.CurrentRequestedProcedureEvidenceSequence);
const listed = (tree: Tree): Tree[] =>
  items(within(studyOf(tree), TAG.ReferencedSeriesSequence), TAG.ReferencedSOPSequence);
/** What a planar group says of its segment. */
const frameReference = (tree: Tree): Tree => within(child(groups(tree)[0]!, '121214'), TAG.ReferencedSOPSequence);

const MUTATIONS: readonly (readonly [what: string, code: SegmentationProblemCode, edit: (tree: Tree) => void])[] = [
  ['another title', 'document-title', (t) => setText(within(t, TAG.ConceptNameCodeSequence), TAG.CodeValue, '126001')],
  ['no image library', 'image-library-missing', (t) => without(t, '111028')],
  ['a group without its tracking UID', 'group-untracked', (t) => without(groups(t)[0]!, '112040')],
  ['a group without its tracking identifier', 'group-untracked', (t) => without(groups(t)[1]!, '112039')],
  ['no lines for viewers', 'group-without-coordinates', (t) => void groups(t).splice(1, 1)],
  [
    'a measurement without its unit',
    'measurement-incomplete',
    (t) =>
      void within(child(groups(t)[0]!, '42798000'), TAG.MeasuredValueSequence).delete(TAG.MeasurementUnitsCodeSequence),
  ],
  [
    'a frame and a segment',
    'reference-over-determined',
    (t) => void frameReference(t).set(TAG.ReferencedSegmentNumber, { vr: 'US', bytes: Uint8Array.of(1, 0) }),
  ],
  ['an instance missing in the evidence', 'evidence-missing', (t) => void listed(t).pop()],
  [
    'an instance that nothing names in the evidence',
    'evidence-unused',
    (t) => {
      const [first] = listed(t);
      const more: Tree = new Map(first);
      more.set(TAG.ReferencedSOPInstanceUID, { vr: 'UI', bytes: Buffer.from(`${FOREIGN}\0`.slice(0, 44)) });
      listed(t).push(more);
    },
  ],
  [
    'a segmentation that is not there',
    'segment-reference-unknown',
    (t) => setText(frameReference(t), TAG.ReferencedSOPInstanceUID, FOREIGN),
  ],
  [
    'a frame that is not there',
    'segment-reference-unknown',
    (t) => setText(frameReference(t), TAG.ReferencedFrameNumber, '99'),
  ],
  [
    'the frame of another lesion',
    'tracking-differs',
    (t) => setText(frameReference(t), TAG.ReferencedFrameNumber, '2'),
  ],
  [
    'the class of another kind',
    'reference-class-differs',
    (t) => setText(frameReference(t), TAG.ReferencedSOPClassUID, SOP_CLASS.LabelMapSegmentation),
  ],
  ['no completion flag', 'attribute-missing', (t) => void t.delete(TAG.CompletionFlag)],
  ['verified by nobody', 'attribute-missing', (t) => setText(t, TAG.VerificationFlag, 'VERIFIED')],
  ['Modality SEG', 'value-not-expected', (t) => setText(t, TAG.Modality, 'SEG')],
  [
    'a code without meaning',
    'code-incomplete',
    (t) => void within(t, TAG.ConceptNameCodeSequence).delete(TAG.CodeMeaning),
  ],
];
const OF_NOTES: readonly (readonly [what: string, code: SegmentationProblemCode, edit: (tree: Tree) => void])[] = [
  ['another title', 'document-title', (t) => setText(within(t, TAG.ConceptNameCodeSequence), TAG.CodeValue, '113000')],
  [
    'nothing that is rejected',
    'rejects-nothing',
    (t) => {
      const all = items(t, TAG.ContentSequence);
      all.splice(0, all.length, ...all.filter((item) => !item.has(TAG.ReferencedSOPSequence)));
    },
  ],
];

const codes = (bytes: Uint8Array): readonly string[] => checkDocument(bytes, segmentations).map(({ code }) => code);

describe('documents about segmentations', () => {
  test('nothing is wrong with ours', () => {
    expect(checkDocument(report!.bytes, segmentations)).toEqual([]);
    expect(checkDocument(report!.bytes, undefined)).toEqual([]);
    expect(checkDocument(note.value.bytes, segmentations)).toEqual([]);
  });

  test.each(MUTATIONS)('a report with %s: %s', (_, code, edit) => {
    expect(codes(edited(report!.bytes, edit))).toContain(code);
  });

  test.each(OF_NOTES)('a note with %s: %s', (_, code, edit) => {
    expect(codes(edited(note.value.bytes, edit))).toContain(code);
  });

  test('every problem of documents is provoked', () => {
    const provoked = new Set([...MUTATIONS, ...OF_NOTES].map(([, code]) => code));
    expect(OF_DOCUMENTS.filter((code) => !provoked.has(code))).toEqual([]);
  });

  test('other objects, and no objects', () => {
    expect(codes(objects[0]!.bytes)).toEqual(['sop-class']);
    expect(codes(Buffer.from('<html>'))).toEqual(['file-unreadable']);
  });
});

describe('what objects of ours say of themselves', () => {
  test('a segmentation', () => {
    const found = explainObject(segmentations[0]!);
    if (found?.kind !== 'segmentation') throw new Error('another kind');
    expect(found).toMatchObject({
      sopInstanceUID: objects[0]!.sopInstanceUID,
      writtenAt: '20260304050607',
      softwareVersion: '0.1.0',
      installationId: 'test-installation',
      type: 'BINARY',
      sourceReport: request.report.sopInstanceUID,
    });
    expect(
      found.segments.map(({ work, pixels }) => [work.report, work.measurementKey, work.method, work.agreement, pixels]),
    ).toEqual(
      lesions.map(({ located }) => [
        request.report.sopInstanceUID,
        located.measurement.key,
        'grabcut',
        0.875,
        'as-written',
      ]),
    );
    expect(found.segments.map(({ images }) => images.map(({ sopInstanceUID }) => sopInstanceUID))).toEqual(
      [0, 1, 1].map((index) => [slices[index]!.reference.sopInstanceUID]),
    );
    expect(found.segments[0]).toMatchObject({ reportedAxes: '12.3 x 8.0 mm', contourAxes: '12.0 x 7.5 mm' });
  });

  test('a model is named with its digest, and a fallback without', () => {
    const mixed = [lesionOn(slices[0]!, 1, { method: 'cosegmentation' }), lesionOn(slices[1]!, 2)];
    const bundle = { name: 'default 1.0', sha256: 'ab'.repeat(32) };
    const written = writeSegmentations(requestFor(mixed, { bundle })).objects[0]!;
    const found = explainObject(dataSetOf(written.bytes));
    if (found?.kind !== 'segmentation') throw new Error('another kind');
    expect(found.segments.map(({ work }) => work.bundle)).toEqual([bundle, undefined]);
  });

  test('pixels that were changed', () => {
    const changed = edited(objects[0]!.bytes, (tree) => {
      const branch = tree.get(TAG.PixelData)!;
      if ('bytes' in branch) branch.bytes[3]! ^= 1;
    });
    const found = explainObject(dataSetOf(changed));
    if (found?.kind !== 'segmentation') throw new Error('another kind');
    expect(found.segments.map(({ pixels }) => pixels)).toEqual(['changed', 'as-written', 'as-written']);
  });

  test('a result report, a rejection note, and an object of somebody else', () => {
    const ofReport = explainObject(dataSetOf(report!.bytes));
    if (ofReport?.kind !== 'result-report') throw new Error('another kind');
    expect(ofReport.sourceReport).toBe(request.report.sopInstanceUID);
    expect(
      ofReport.groups.map(({ segmentation, work }) => [segmentation.sopInstanceUID, work?.measurementKey]),
    ).toEqual(lesions.map(({ located }) => [objects[0]!.sopInstanceUID, located.measurement.key]));
    expect(ofReport.groups[0]!.measurements).toContainEqual({ name: 'Long Axis', value: 12, unit: 'mm' });
    expect(explainObject(dataSetOf(note.value.bytes))).toMatchObject({
      kind: 'rejection-note',
      title: 'Rejected for Quality Reasons',
      rejected: objects.map(({ sopInstanceUID }) => sopInstanceUID),
    });
    const foreign = edited(objects[0]!.bytes, (tree) => setText(tree, TAG.Manufacturer, 'Somebody else'));
    expect(explainObject(dataSetOf(foreign))).toBeUndefined();
    expect(explainObject(slices[0]!.header)).toBeUndefined();
  });
});
