import { SOP_CLASS, TAG } from '../../domain/index.js';
import type { DicomFile } from '../../dicom/index.js';
import { problem, type SegmentationProblem } from './problems.js';

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';

/** Whether the file is whole, says the same outside as inside, and is encoded as every reader knows it. */
export function checkFile({ dataSet, meta, transferSyntaxUID, problems }: DicomFile): readonly SegmentationProblem[] {
  const found: SegmentationProblem[] = [];
  if (problems.length > 0) found.push(problem('file-unreadable'));
  if (transferSyntaxUID === IMPLICIT_LITTLE_ENDIAN) found.push(problem('transfer-syntax-implicit'));
  else if (transferSyntaxUID !== EXPLICIT_LITTLE_ENDIAN) found.push(problem('transfer-syntax'));
  // implicit VR has no choice
  if (transferSyntaxUID === EXPLICIT_LITTLE_ENDIAN && dataSet.vr(TAG.PixelData) === 'OW')
    found.push(problem('pixel-data-words'));
  for (const [outside, inside] of [
    [TAG.MediaStorageSOPClassUID, TAG.SOPClassUID],
    [TAG.MediaStorageSOPInstanceUID, TAG.SOPInstanceUID],
  ] as const)
    if (meta.text(outside) !== dataSet.text(inside)) found.push(problem('file-meta-differs', { tag: outside }));
  if (dataSet.text(TAG.SOPClassUID) !== SOP_CLASS.Segmentation) found.push(problem('sop-class'));
  return found;
}
