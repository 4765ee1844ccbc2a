import { readPart10 } from '../dicom/index.js';
import { asReadUid, TAG, type DataSet, type SopClassUid, type SopInstanceUid } from '../domain/index.js';

interface ReferencedInstance {
  readonly sopClassUID: SopClassUid;
  readonly sopInstanceUID: SopInstanceUid;
}

/**
 * Instances that an object of ours refers to: of its own study (Common Instance Reference, PS3.3 C.12.2), or as the evidence of a document
 * (PS3.3 C.17.2).
 */
export function referencedInstances(bytes: Uint8Array): readonly ReferencedInstance[] {
  const file = readPart10(bytes);
  if (!file.ok) return [];
  const { dataSet } = file.value;
  const evidence = dataSet
    .items(TAG.CurrentRequestedProcedureEvidenceSequence)
    .flatMap((study) => study.items(TAG.ReferencedSeriesSequence))
    .flatMap((series) => series.items(TAG.ReferencedSOPSequence));
  const common = dataSet
    .items(TAG.ReferencedSeriesSequence)
    .flatMap((series) => series.items(TAG.ReferencedInstanceSequence));
  return [...common, ...evidence].flatMap(referenceIn);
}

function referenceIn(item: DataSet): readonly ReferencedInstance[] {
  const sopInstanceUID = item.text(TAG.ReferencedSOPInstanceUID);
  return sopInstanceUID === undefined
    ? []
    : [
        {
          sopClassUID: asReadUid<SopClassUid>(item.text(TAG.ReferencedSOPClassUID) ?? ''),
          sopInstanceUID: asReadUid<SopInstanceUid>(sopInstanceUID),
        },
      ];
}
