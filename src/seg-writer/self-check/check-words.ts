import { storedValuesOf, type DicomFile } from '../../dicom/index.js';
import { TAG, type ReasonCode } from '../../domain/index.js';
import { withoutZeros } from '../object/packed-pixels.js';
import { bitsOf, type FramePixels } from '../object/stored-frames.js';
import { backgroundOf } from './check-attributes.js';
import { differsFromReceipt, type MaskJudge, type PixelFindings } from './mask-judge.js';
import { problem, type SegmentationProblem } from './problems.js';
import type { ReadFrame } from './read-frames.js';
import type { ReadSegmentation } from './read-segmentation.js';

/** Pixels of 8 or 16 bits: shares of a maximum, labels, or bits that somebody wrote as bytes. */
export function checkWords(file: DicomFile, object: ReadSegmentation, judge: MaskJudge): PixelFindings {
  const frames = object.frames.slice(0, object.numberOfFrames);
  const values: Int32Array[] = [];
  for (const frame of frames) {
    const stored = storedValuesOf(file, frame.number);
    if (!stored.ok)
      return {
        problems: UNREAD.has(stored.error) ? [] : [problem('pixel-data-invalid', { frame: frame.number })],
        voxels: undefined,
      };
    values.push(stored.value);
  }
  const found = object.form === 'LABELMAP' ? labels(object, values) : shares(object, frames, values);
  const compared =
    judge.kind === 'masks' ? (judge.holds ? [] : [problem('mask-differs')]) : receiptsOf(object, frames, values, judge);
  return { problems: [...found.problems, ...compared], voxels: found.voxels };
}

/** What is said of the transfer syntax already. */
const UNREAD: ReadonlySet<ReasonCode> = new Set(['unsupported-transfer-syntax']);

function labels(object: ReadSegmentation, frames: readonly Int32Array[]): PixelFindings {
  const background = backgroundOf(object);
  const known = new Set(object.segments.map((segment) => segment.number(TAG.SegmentNumber)));
  const voxels = new Map<number, number>();
  const unknown = new Set<number>();
  frames.forEach((values, index) => {
    for (const label of values) {
      if (label === background) continue;
      if (known.has(label)) voxels.set(label, (voxels.get(label) ?? 0) + 1);
      else unknown.add(index + 1);
    }
  });
  return { problems: [...unknown].map((frame) => problem('label-unknown', { frame })), voxels };
}

function shares(object: ReadSegmentation, frames: readonly ReadFrame[], all: readonly Int32Array[]): PixelFindings {
  const maximum = object.dataSet.number(TAG.MaximumFractionalValue);
  const voxels = new Map<number, number>();
  let above: number | undefined;
  let between: number | undefined;
  frames.forEach(({ segmentNumber, number }, index) => {
    let count = 0;
    for (const value of all[index]!) {
      if (value === 0) continue;
      count++;
      if (maximum === undefined || value === maximum) continue;
      if (value > maximum) above ??= number;
      else between ??= number;
    }
    if (segmentNumber !== undefined) voxels.set(segmentNumber, (voxels.get(segmentNumber) ?? 0) + count);
  });
  if (object.form === 'BINARY') return { problems: [], voxels };
  const problems: SegmentationProblem[] = [problem('fractional')];
  if (between !== undefined) problems.push(problem('fractional-values', { frame: between }));
  if (above !== undefined) problems.push(problem('fractional-above-maximum', { frame: above }));
  return { problems, voxels };
}

/** The digest of a segment's frames: as stored, or of a label map those in which its label stands, with one where it does. */
function receiptsOf(
  object: ReadSegmentation,
  frames: readonly ReadFrame[],
  all: readonly Int32Array[],
  judge: MaskJudge,
): readonly SegmentationProblem[] {
  function* ofSegment(number: number): Generator<FramePixels> {
    for (const [index, values] of all.entries()) {
      if (object.form === 'LABELMAP') {
        const labelled = bitsOf(values, number);
        if (labelled) yield labelled;
      } else if (frames[index]!.segmentNumber === number) {
        const bytes = (): Uint8Array => Uint8Array.from(values);
        yield { values: bytes, packed: () => withoutZeros(bytes()) };
      }
    }
  }
  return object.segments.flatMap((segment) => {
    const number = segment.number(TAG.SegmentNumber);
    if (number === undefined) return [];
    return differsFromReceipt(segment, judge, ofSegment(number)) ? [problem('mask-differs', { segment: number })] : [];
  });
}
