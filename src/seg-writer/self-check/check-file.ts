import { SOP_CLASS, TAG } from '../../domain/index.js';
import { TRANSFER_SYNTAXES, type DicomFile } from '../../dicom/index.js';
import { problem, type SegmentationProblem, type SegmentationProblemCode, type Writer } from './problems.js';
import type { SegmentationForm } from './read-segmentation.js';

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** Whether the file is whole, says the same outside as inside, and is encoded as every reader knows it. */
export function checkFile(file: DicomFile, form: SegmentationForm, writer: Writer): readonly SegmentationProblem[] {
  const { dataSet, meta, transferSyntaxUID, problems } = file;
  const found: SegmentationProblem[] = [];
  if (problems.length > 0) found.push(problem('file-unreadable'));
  const syntax = syntaxProblem(transferSyntaxUID, dataSet.number(TAG.BitsAllocated), writer);
  if (syntax) found.push(problem(syntax));
  // implicit VR has no choice
  if (transferSyntaxUID === EXPLICIT_LITTLE_ENDIAN && dataSet.vr(TAG.PixelData) === 'OW' && isBytes(file))
    found.push(problem('pixel-data-words'));
  for (const [outside, inside] of [
    [TAG.MediaStorageSOPClassUID, TAG.SOPClassUID],
    [TAG.MediaStorageSOPInstanceUID, TAG.SOPInstanceUID],
  ] as const)
    if (meta.text(outside) !== dataSet.text(inside)) found.push(problem('file-meta-differs', { tag: outside }));
  const sopClass = dataSet.text(TAG.SOPClassUID);
  if (sopClass !== SOP_CLASS.Segmentation && sopClass !== SOP_CLASS.LabelMapSegmentation)
    found.push(problem('sop-class'));
  else if ((sopClass === SOP_CLASS.LabelMapSegmentation) !== (form === 'LABELMAP'))
    found.push(problem('sop-class-contradicts'));
  return found;
}

function syntaxProblem(
  uid: string,
  bitsAllocated: number | undefined,
  writer: Writer,
): SegmentationProblemCode | undefined {
  if (uid === EXPLICIT_LITTLE_ENDIAN) return undefined;
  const syntax = TRANSFER_SYNTAXES.find((row) => row.uid === uid);
  if (syntax?.dataSet === 'implicit-little') return 'transfer-syntax-implicit';
  if (writer === 'ours') return 'transfer-syntax';
  if (syntax?.dataSet === 'explicit-big') return 'transfer-syntax-big-endian';
  if (syntax?.frames === 'native') return 'transfer-syntax-deflated';
  if (bitsAllocated === 1) return 'transfer-syntax-compressed-bits';
  return syntax && syntax.frames !== 'not-read' ? 'transfer-syntax-compressed' : 'transfer-syntax-not-read';
}

const isBytes = ({ dataSet }: DicomFile): boolean => (dataSet.number(TAG.BitsAllocated) ?? 1) <= 8;
