import { TAG, code, type CodedConcept, type DataSet, type Tag } from '../domain/index.js';

/** The first item of a code sequence (PS3.3 8.8); undefined without a value. A missing designator or meaning reads as empty. */
export function codedConcept(dataSet: DataSet, sequence: Tag): CodedConcept | undefined {
  const item = dataSet.items(sequence)[0];
  if (!item) return undefined;
  const value = item.text(TAG.CodeValue) ?? item.text(TAG.LongCodeValue) ?? item.text(TAG.URNCodeValue);
  if (value === undefined) return undefined;
  return code(value, item.text(TAG.CodingSchemeDesignator) ?? '', item.text(TAG.CodeMeaning) ?? '');
}
