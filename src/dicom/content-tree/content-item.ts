import { TAG, type CodedConcept, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../elements.js';
import { codeSequence, decimalString, elementsOf, sequence, type Content } from '../encoding/elements-of.js';

/** RelationshipType (0040,A010) of an item to the one that holds it (PS3.3 C.17.3). */
export type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'INFERRED FROM' | 'SELECTED FROM';

/** A content item to be written, with all that is below it. */
export type ContentItem = Elements;

type Row = readonly [Tag, Content];

/** An instance that an item or an evidence sequence names. */
export interface InstanceReference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

function item(
  relationship: Relationship,
  valueType: string,
  name: CodedConcept | undefined,
  rows: readonly Row[],
  children: readonly ContentItem[] = [],
): ContentItem {
  return elementsOf([
    [TAG.RelationshipType, relationship],
    [TAG.ValueType, valueType],
    [TAG.ConceptNameCodeSequence, name && codeSequence(name)],
    ...rows,
    [TAG.ContentSequence, children.length === 0 ? undefined : sequence(...children)],
  ]);
}

export const code = (
  relationship: Relationship,
  name: CodedConcept,
  value: CodedConcept,
  children: readonly ContentItem[] = [],
): ContentItem => item(relationship, 'CODE', name, [[TAG.ConceptCodeSequence, codeSequence(value)]], children);

export const text = (relationship: Relationship, name: CodedConcept, value: string): ContentItem =>
  item(relationship, 'TEXT', name, [[TAG.TextValue, value]]);

export const uidReference = (relationship: Relationship, name: CodedConcept, uid: string): ContentItem =>
  item(relationship, 'UIDREF', name, [[TAG.UID, uid]]);

export const container = (
  relationship: Relationship,
  name: CodedConcept,
  template: string | undefined,
  children: readonly ContentItem[],
): ContentItem => item(relationship, 'CONTAINER', name, containerRows(template), children);

/** Rows of a container, the root among them: `template` is the number of the template of PS3.16 it follows. */
export const containerRows = (template: string | undefined): readonly Row[] => [
  [TAG.ContinuityOfContent, 'SEPARATE'],
  [TAG.ContentTemplateSequence, template === undefined ? undefined : contentTemplate(template)],
];

const contentTemplate = (identifier: string): Element =>
  sequence(
    elementsOf([
      [TAG.MappingResource, 'DCMR'],
      [TAG.TemplateIdentifier, identifier],
    ]),
  );

export const number = (
  relationship: Relationship,
  name: CodedConcept,
  value: number,
  unit: CodedConcept,
  children: readonly ContentItem[] = [],
): ContentItem =>
  item(
    relationship,
    'NUM',
    name,
    [
      [
        TAG.MeasuredValueSequence,
        sequence(
          elementsOf([
            [TAG.NumericValue, decimalString(value)],
            [TAG.MeasurementUnitsCodeSequence, codeSequence(unit)],
          ]),
        ),
      ],
    ],
    children,
  );

/** `frame` is written for frames of multi-frame objects only, `segment` for segmentations only; never both, which the standard forbids. */
export const image = (
  relationship: Relationship,
  name: CodedConcept | undefined,
  reference: InstanceReference & { readonly frame?: number | undefined; readonly segment?: number | undefined },
): ContentItem => item(relationship, 'IMAGE', name, [[TAG.ReferencedSOPSequence, sequence(referenceItem(reference))]]);

export const composite = (name: CodedConcept | undefined, reference: InstanceReference): ContentItem =>
  item('CONTAINS', 'COMPOSITE', name, [[TAG.ReferencedSOPSequence, sequence(referenceItem(reference))]]);

type Points = readonly { readonly column: number; readonly row: number }[];

/** The line that a number was inferred from: column and row on one image, 0\0 at the corner of the first pixel (C.18.6). */
export const line = (points: Points, on: ContentItem): ContentItem => polyline('INFERRED FROM', undefined, points, on);

/** A region on one image, closed by its last point. */
export const region = (name: CodedConcept, points: Points, on: ContentItem): ContentItem =>
  polyline('CONTAINS', name, points, on);

const polyline = (
  relationship: Relationship,
  name: CodedConcept | undefined,
  points: Points,
  on: ContentItem,
): ContentItem =>
  item(
    relationship,
    'SCOORD',
    name,
    [
      [TAG.GraphicData, points.flatMap(({ column, row }) => [column, row])],
      [TAG.GraphicType, 'POLYLINE'],
    ],
    [on],
  );

const referenceItem = ({
  sopClassUID,
  sopInstanceUID,
  frame,
  segment,
}: InstanceReference & {
  readonly frame?: number | undefined;
  readonly segment?: number | undefined;
}): Elements =>
  elementsOf([
    [TAG.ReferencedSOPClassUID, sopClassUID],
    [TAG.ReferencedSOPInstanceUID, sopInstanceUID],
    [TAG.ReferencedFrameNumber, frame],
    [TAG.ReferencedSegmentNumber, segment],
  ]);
