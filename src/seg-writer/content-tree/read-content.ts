import { TAG, type DataSet } from '../../domain/index.js';

/** A content item of a document, looked up by the value of its concept's code: the codes of our own documents are known. */
export const childrenOf = (item: DataSet): readonly DataSet[] => item.items(TAG.ContentSequence);

export const conceptOf = (item: DataSet): string | undefined =>
  item.items(TAG.ConceptNameCodeSequence)[0]?.text(TAG.CodeValue);

export const childrenNamed = (item: DataSet, code: string): readonly DataSet[] =>
  childrenOf(item).filter((child) => conceptOf(child) === code);

export const textNamed = (item: DataSet, code: string): string | undefined =>
  childrenNamed(item, code)[0]?.text(TAG.TextValue);

/** A referenced instance of an item, with what of it is meant. */
export interface ReferencedPart {
  readonly sopClassUID: string | undefined;
  readonly sopInstanceUID: string;
  readonly frames: readonly number[];
  readonly segment: number | undefined;
}

export function referenceOf(item: DataSet): ReferencedPart | undefined {
  const reference = item.items(TAG.ReferencedSOPSequence)[0];
  const sopInstanceUID = reference?.text(TAG.ReferencedSOPInstanceUID);
  if (!reference || sopInstanceUID === undefined) return undefined;
  return {
    sopClassUID: reference.text(TAG.ReferencedSOPClassUID),
    sopInstanceUID,
    frames: reference.numbers(TAG.ReferencedFrameNumber),
    segment: reference.number(TAG.ReferencedSegmentNumber),
  };
}

/** Every item of a document, the root first, with its place: positions counted from 1 (`1.5.2`). */
export function* itemsBelow(item: DataSet, place = '1'): Generator<{ readonly item: DataSet; readonly place: string }> {
  yield { item, place };
  for (const [index, child] of childrenOf(item).entries()) yield* itemsBelow(child, `${place}.${index + 1}`);
}

/** Instances that evidence sequences list. */
export const evidenceOf = (dataSet: DataSet): readonly string[] =>
  [TAG.CurrentRequestedProcedureEvidenceSequence, TAG.PertinentOtherEvidenceSequence].flatMap((tag) =>
    dataSet
      .items(tag)
      .flatMap((study) => study.items(TAG.ReferencedSeriesSequence))
      .flatMap((series) => series.items(TAG.ReferencedSOPSequence))
      .flatMap((instance) => instance.text(TAG.ReferencedSOPInstanceUID) ?? []),
  );
