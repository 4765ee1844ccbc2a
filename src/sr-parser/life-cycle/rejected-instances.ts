import { SOP_CLASS, TAG, type DataSet, type SopInstanceUid } from '../../domain/index.js';
import { evidenceOf } from '../evidence.js';
import { codedConcept } from '../coded-entry.js';
import { recognise } from '../codes.js';

/**
 * What a key object document rejects (IHE Image Object Change Management): every instance in its evidence and its content, for reasons of quality
 * or patient safety, for a wrong worklist entry, or because its time is over. Archives rarely hide them by themselves. Key objects of another
 * title (of interest, for teaching) reject nothing.
 *
 * @param dataSet of any object
 */
export function rejectedInstances(dataSet: DataSet): ReadonlySet<SopInstanceUid> {
  const title = recognise(codedConcept(dataSet, TAG.ConceptNameCodeSequence));
  const isNote =
    dataSet.text(TAG.SOPClassUID) === SOP_CLASS.KeyObjectSelection &&
    title?.concept === 'rejection-note' &&
    title.match === 'value-and-scheme';
  if (!isNote) return new Set();
  const inContent = dataSet
    .items(TAG.ContentSequence)
    .flatMap((item) => item.items(TAG.ReferencedSOPSequence))
    .flatMap((reference) => reference.text(TAG.ReferencedSOPInstanceUID) ?? []);
  return new Set([
    ...evidenceOf(dataSet, []).map(({ sopInstanceUID }) => sopInstanceUID),
    ...inContent.map((uid) => uid as SopInstanceUid),
  ]);
}
