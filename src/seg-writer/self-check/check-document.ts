import { readPart10 } from '../../dicom/index.js';
import { SOP_CLASS, TAG, type DataSet, type Tag } from '../../domain/index.js';
import {
  childrenNamed,
  childrenOf,
  evidenceOf,
  itemsBelow,
  referenceOf,
  textNamed,
} from '../content-tree/read-content.js';
import type { Refusal } from '../request.js';
import { declaresNoCharacterSet } from '../source/character-set.js';
import { checkValues, type UndeclaredText } from './check-values.js';
import { problem, type SegmentationProblem } from './problems.js';
import { PATIENT_AND_STUDY_PRESENT } from './patient-and-study.js';

/** What a document is: results of segmentations, or a note that rejects objects. */
export type DocumentKind = 'result-report' | 'rejection-note';

export const documentKindOf = (dataSet: DataSet): DocumentKind | undefined =>
  KINDS.get(dataSet.text(TAG.SOPClassUID) ?? '');

const KINDS: ReadonlyMap<string, DocumentKind> = new Map<string, DocumentKind>([
  [SOP_CLASS.EnhancedSR, 'result-report'],
  [SOP_CLASS.ComprehensiveSR, 'result-report'],
  [SOP_CLASS.Comprehensive3DSR, 'result-report'],
  [SOP_CLASS.KeyObjectSelection, 'rejection-note'],
]);

/** Codes of TID 1500 and TID 2010 by which parts are known. */
const CODE = {
  title: '126000',
  imageLibrary: '111028',
  imagingMeasurements: '126010',
  group: '125007',
  trackingIdentifier: '112039',
  trackingUID: '112040',
} as const;
/** CID 7010: titles that an archive acts on. */
const REJECTIONS: ReadonlySet<string> = new Set(['113001', '113037', '113038', '113039']);

/** Type 1 in every document (PS3.3 A.35), and what only reports have (C.17.2). */
const REQUIRED: readonly Tag[] = [
  TAG.SOPClassUID,
  TAG.SOPInstanceUID,
  TAG.StudyInstanceUID,
  TAG.SeriesInstanceUID,
  TAG.SeriesNumber,
  TAG.InstanceNumber,
  TAG.ContentDate,
  TAG.ContentTime,
  TAG.ValueType,
  TAG.ConceptNameCodeSequence,
  TAG.ContinuityOfContent,
  TAG.CurrentRequestedProcedureEvidenceSequence,
];
const REQUIRED_OF: Readonly<Record<DocumentKind, readonly Tag[]>> = {
  'result-report': [TAG.CompletionFlag, TAG.VerificationFlag],
  'rejection-note': [],
};
const PRESENT: readonly Tag[] = [...PATIENT_AND_STUDY_PRESENT, TAG.ReferencedPerformedProcedureStepSequence];
const MODALITY: Readonly<Record<DocumentKind, string>> = { 'result-report': 'SR', 'rejection-note': 'KO' };

/**
 * Looks at a result report or a rejection note from its bytes: its attributes, that everything it names is in its evidence, what viewers trip over, and,
 * where the segmentations are given, that references lead to segments of the same lesion. Total.
 */
export function checkDocument(
  bytes: Uint8Array,
  segmentations: readonly DataSet[] | undefined,
  undeclared: UndeclaredText = 'a-problem',
): readonly SegmentationProblem[] {
  const file = readPart10(bytes);
  if (!file.ok) return [problem('file-unreadable')];
  const { dataSet, problems } = file.value;
  const kind = documentKindOf(dataSet);
  if (!kind) return [problem('sop-class')];
  return [
    ...(problems.length > 0 ? [problem('file-unreadable')] : []),
    ...checkValues(dataSet, undeclared),
    ...checkAttributes(dataSet, kind),
    ...checkEvidence(dataSet),
    ...(kind === 'result-report' ? checkReport(dataSet, segmentations) : checkNote(dataSet)),
  ];
}

/** Why a document that was just written, with the identity of `source`, must not be sent: the first error of its check. */
export function documentFault(
  bytes: Uint8Array,
  segmentations: readonly DataSet[],
  source: DataSet,
): Refusal | undefined {
  const undeclared = declaresNoCharacterSet(source) ? 'as-in-the-source' : 'a-problem';
  const error = checkDocument(bytes, segmentations, undeclared).find(({ severity }) => severity === 'error');
  return error && { reason: 'document-self-check', detail: error.code };
}

function checkAttributes(dataSet: DataSet, kind: DocumentKind): readonly SegmentationProblem[] {
  const has = (tag: Tag): boolean =>
    dataSet.vr(tag) === 'SQ' ? dataSet.items(tag).length > 0 : dataSet.text(tag) !== undefined;
  return [
    ...[...REQUIRED, ...REQUIRED_OF[kind]].filter((tag) => !has(tag)),
    ...PRESENT.filter((tag) => !dataSet.has(tag)),
  ]
    .map((tag) => problem('attribute-missing', { tag }))
    .concat(
      dataSet.text(TAG.Modality) === MODALITY[kind] ? [] : [problem('value-not-expected', { tag: TAG.Modality })],
      // verified by whom is part of saying so
      dataSet.text(TAG.VerificationFlag) === 'VERIFIED' && dataSet.items(TAG.VerifyingObserverSequence).length === 0
        ? [problem('attribute-missing', { tag: TAG.VerifyingObserverSequence })]
        : [],
    );
}

/** References of the content tree: their form, and the evidence that lists them. */
function checkEvidence(dataSet: DataSet): readonly SegmentationProblem[] {
  const listed = new Set(evidenceOf(dataSet));
  const named = new Set<string>();
  const found: SegmentationProblem[] = [];
  for (const { item, place } of itemsBelow(dataSet)) {
    const reference = referenceOf(item);
    if (!reference) continue;
    named.add(reference.sopInstanceUID);
    if (!listed.has(reference.sopInstanceUID)) found.push(problem('evidence-missing', { item: place }));
    if (reference.segment !== undefined && reference.frames.length > 0)
      found.push(problem('reference-over-determined', { item: place }));
  }
  return [...found, ...([...listed].some((uid) => !named.has(uid)) ? [problem('evidence-unused')] : [])];
}

function checkNote(dataSet: DataSet): readonly SegmentationProblem[] {
  const title = dataSet.items(TAG.ConceptNameCodeSequence)[0]?.text(TAG.CodeValue) ?? '';
  const names = childrenOf(dataSet).some((item) => referenceOf(item) !== undefined);
  return [
    ...(REJECTIONS.has(title) ? [] : [problem('document-title')]),
    ...(names ? [] : [problem('rejects-nothing')]),
  ];
}

interface Group {
  readonly item: DataSet;
  readonly place: string;
  readonly trackingUID: string | undefined;
}

function checkReport(dataSet: DataSet, segmentations: readonly DataSet[] | undefined): readonly SegmentationProblem[] {
  const found: SegmentationProblem[] = [];
  if (dataSet.items(TAG.ConceptNameCodeSequence)[0]?.text(TAG.CodeValue) !== CODE.title)
    found.push(problem('document-title'));
  if (childrenNamed(dataSet, CODE.imageLibrary).length === 0) found.push(problem('image-library-missing'));
  const groups = groupsOf(dataSet);
  for (const { item, place, trackingUID } of groups)
    if (trackingUID === undefined || textNamed(item, CODE.trackingIdentifier) === undefined)
      found.push(problem('group-untracked', { item: place }));
  // viewers join the groups of a lesion and draw what has coordinates
  const drawn = new Set(groups.filter(({ item }) => hasCoordinates(item)).map(({ trackingUID }) => trackingUID));
  for (const { place, trackingUID } of groups)
    if (!drawn.has(trackingUID)) found.push(problem('group-without-coordinates', { item: place }));
  for (const { item, place } of itemsBelow(dataSet))
    if (item.text(TAG.ValueType) === 'NUM' && !isWhole(item))
      found.push(problem('measurement-incomplete', { item: place }));
  for (const group of segmentations ? groups : []) found.push(...checkSegmentReferences(group, segmentations!));
  return found;
}

function groupsOf(dataSet: DataSet): readonly Group[] {
  return [...itemsBelow(dataSet)]
    .filter(({ item }) => item.items(TAG.ConceptNameCodeSequence)[0]?.text(TAG.CodeValue) === CODE.group)
    .map(({ item, place }) => ({ item, place, trackingUID: childrenNamed(item, CODE.trackingUID)[0]?.text(TAG.UID) }));
}

const hasCoordinates = (group: DataSet): boolean =>
  [...itemsBelow(group)].some(({ item }) => /^SCOORD(3D)?$/.test(item.text(TAG.ValueType) ?? ''));

function isWhole(item: DataSet): boolean {
  const measured = item.items(TAG.MeasuredValueSequence)[0];
  // a value that could not be measured has a qualifier instead (C.18.1)
  if (!measured) return item.items(TAG.NumericValueQualifierCodeSequence).length > 0;
  return measured.number(TAG.NumericValue) !== undefined && measured.items(TAG.MeasurementUnitsCodeSequence).length > 0;
}

const SEGMENTATION_CLASSES: ReadonlySet<string> = new Set<string>([
  SOP_CLASS.Segmentation,
  SOP_CLASS.LabelMapSegmentation,
]);

/** Each reference to a segmentation leads to a segment, or a frame of a segment, with the group's tracking UID. */
function checkSegmentReferences(
  { item: group, place: at, trackingUID }: Group,
  segmentations: readonly DataSet[],
): readonly SegmentationProblem[] {
  const found: SegmentationProblem[] = [];
  for (const { item, place } of itemsBelow(group, at)) {
    const reference = referenceOf(item);
    if (!reference || !SEGMENTATION_CLASSES.has(reference.sopClassUID ?? '')) continue;
    const object = segmentations.find((each) => each.text(TAG.SOPInstanceUID) === reference.sopInstanceUID);
    const numbers = object && numbersOf(object, reference.segment, reference.frames);
    const segments = numbers?.map((number) =>
      object!.items(TAG.SegmentSequence).find((segment) => segment.number(TAG.SegmentNumber) === number),
    );
    if (!segments || segments.length === 0 || segments.includes(undefined))
      found.push(problem('segment-reference-unknown', { item: place }));
    else if (segments.some((segment) => segment!.text(TAG.TrackingUID) !== trackingUID))
      found.push(problem('tracking-differs', { item: place }));
    if (object && object.text(TAG.SOPClassUID) !== reference.sopClassUID)
      found.push(problem('reference-class-differs', { item: place }));
  }
  return found;
}

/** Numbers of the segments that a reference means; undefined for a frame that is not there. */
function numbersOf(
  object: DataSet,
  segment: number | undefined,
  frames: readonly number[],
): readonly (number | undefined)[] {
  if (segment !== undefined) return [segment];
  const groups = object.items(TAG.PerFrameFunctionalGroupsSequence);
  const shared = object.items(TAG.SharedFunctionalGroupsSequence)[0];
  return frames.map((frame) => {
    const own = groups[frame - 1];
    const identification =
      own && (own.items(TAG.SegmentIdentificationSequence)[0] ?? shared?.items(TAG.SegmentIdentificationSequence)[0]);
    return identification?.number(TAG.ReferencedSegmentNumber);
  });
}
