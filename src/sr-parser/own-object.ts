import { EQUIPMENT, SOP_CLASS, TAG, receiptOf, type DataSet, type SopClassUid } from '../domain/index.js';
import { codedConcept } from './coded-entry.js';
import { recognise, type Concept } from './codes.js';

/**
 * Whether Caliper wrote the object: by its equipment together with our receipt (SEG) or our device as the observer (SR). Never by UID prefix, which
 * is everybody's, and never by ContributingEquipment, which corrections of our objects by others may copy.
 */
export function isOwnObject(dataSet: DataSet): boolean {
  if (
    dataSet.text(TAG.Manufacturer) !== EQUIPMENT.manufacturer ||
    dataSet.text(TAG.ManufacturerModelName) !== EQUIPMENT.modelName
  )
    return false;
  const sopClass = dataSet.text(TAG.SOPClassUID) as SopClassUid | undefined;
  return sopClass === SOP_CLASS.Segmentation || sopClass === SOP_CLASS.LabelMapSegmentation
    ? dataSet.items(TAG.SegmentSequence).some(hasReceipt)
    : observerIsOurs(dataSet);
}

const hasReceipt = (segment: DataSet): boolean =>
  segment
    .items(TAG.SegmentationAlgorithmIdentificationSequence)
    .some((algorithm) => receiptOf(algorithm.text(TAG.AlgorithmParameters)) !== undefined);

/** TID 1004, items of the root. */
function observerIsOurs(dataSet: DataSet): boolean {
  const says = (concept: Concept): string | undefined =>
    dataSet
      .items(TAG.ContentSequence)
      .find((item) => recognise(codedConcept(item, TAG.ConceptNameCodeSequence))?.concept === concept)
      ?.text(TAG.TextValue);
  return (
    says('device-observer-manufacturer') === EQUIPMENT.manufacturer &&
    says('device-observer-model') === EQUIPMENT.modelName
  );
}
