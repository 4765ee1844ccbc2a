import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changedElements, encodePart10, holdSameBytes, readPart10, type Elements } from '../../../src/dicom/index.js';
import { TAG, type DataSet, type Tag } from '../../../src/domain/index.js';

/** An item as a tree: short values, and an item or two within it. */
interface Item {
  readonly label: string;
  readonly number: number;
  readonly inner: readonly { readonly uid: string; readonly name: string }[];
}

const itemOf = (inner: number) =>
  fc.record<Item>({
    label: fc.constantFrom('', 'A', 'B', 'AB', 'a much longer label'),
    number: fc.integer({ min: 0, max: 3 }),
    inner: fc.array(fc.record({ uid: fc.constantFrom('1.2', '1.3', '1.2.3'), name: fc.constantFrom('X', 'Y') }), {
      minLength: inner,
      maxLength: inner,
    }),
  });

const elementsOf = ({ label, number, inner }: Item): Elements =>
  new Map([
    [TAG.InstanceNumber, { vr: 'IS', values: [String(number)] }],
    [TAG.SegmentLabel, { vr: 'LO', values: [label] }],
    [
      TAG.ReferencedSOPSequence,
      {
        vr: 'SQ',
        items: inner.map(
          ({ uid, name }): Elements =>
            new Map([
              [TAG.ReferencedSOPInstanceUID, { vr: 'UI', values: [uid] }],
              [TAG.SeriesDescription, { vr: 'LO', values: [name] }],
            ]),
        ),
      },
    ],
  ]);

function itemsOf(items: readonly Item[]): readonly DataSet[] {
  const bytes = encodePart10(
    new Map([
      [TAG.SOPClassUID, { vr: 'UI', values: ['1.2.840.10008.5.1.4.1.1.66.4'] }],
      [TAG.SOPInstanceUID, { vr: 'UI', values: ['1.2.3'] }],
      [TAG.SegmentSequence, { vr: 'SQ', items: items.map(elementsOf) }],
    ]),
  );
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return file.value.dataSet.items(TAG.SegmentSequence);
}

/** Tag and value of what differs, from the trees that went in. */
const differences = (a: Item, b: Item): readonly string[] =>
  [
    ...(a.number === b.number ? [] : [`${TAG.InstanceNumber} ${a.number}`]),
    ...(a.label === b.label ? [] : [`${TAG.SegmentLabel} ${a.label}`]),
    ...a.inner.flatMap((item, i) => [
      ...(item.uid === b.inner[i]!.uid ? [] : [`${TAG.ReferencedSOPInstanceUID} ${item.uid}`]),
      ...(item.name === b.inner[i]!.name ? [] : [`${TAG.SeriesDescription} ${item.name}`]),
    ]),
  ].sort();

const told = (changed: readonly DataSet[]): readonly string[] =>
  changed.flatMap((dataSet) => dataSet.tags().map((tag: Tag) => `${tag} ${dataSet.text(tag) ?? ''}`)).sort();

describe('what one item of a file has and another has not', () => {
  test('is each element whose value differs, in whatever depth, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }).chain((inner) => fc.tuple(itemOf(inner), itemOf(inner), itemOf(inner))),
        (items) => {
          const [a, , c] = itemsOf(items) as [DataSet, DataSet, DataSet];
          expect(told(changedElements(c, a)!)).toEqual(differences(items[2], items[0]));
          expect(told(changedElements(a, c)!)).toEqual(differences(items[0], items[2]));
          expect(changedElements(a, a)).toEqual([]);
        },
      ),
      { numRuns: 200, seed: 11 },
    );
  });
  test('is not known where the elements are others, or the items those of two files', () => {
    const alike = { label: 'A', number: 1, inner: [] };
    const [a, b] = itemsOf([alike, { ...alike, inner: [{ uid: '1.2', name: 'X' }] }]);
    expect(changedElements(a!, b!)).toBeUndefined();
    expect(changedElements(a!, itemsOf([alike])[0]!)).toBeUndefined();
  });
});

test.each([
  ['A', 'A', true],
  ['A', 'B', false],
  ['A', 'A B', false],
  ['', '', true],
])('elements with "%s" and "%s" hold the same bytes: %s', (one, other, same) => {
  const item = (label: string): Item => ({ label, number: 1, inner: [] });
  const [a, b] = itemsOf([item(one), item(other)]) as [DataSet, DataSet];
  const [elsewhere] = itemsOf([item(other)]) as [DataSet];
  expect([holdSameBytes(a, b, TAG.SegmentLabel), holdSameBytes(a, elsewhere, TAG.SegmentLabel)]).toEqual([same, same]);
  expect([holdSameBytes(a, b, TAG.PatientID), holdSameBytes(a, b, TAG.InstanceNumber)]).toEqual([true, true]);
});
