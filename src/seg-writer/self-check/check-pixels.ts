import { encapsulatedFragments, packedBitsOf, type DicomFile } from '../../dicom/index.js';
import { TAG } from '../../domain/index.js';
import { BitFrames } from '../object/bit-frames.js';
import type { FramePixels } from '../object/stored-frames.js';
import { looksReversed } from './bits-reversed.js';
import { shownSegments } from './check-frames.js';
import { differsFromReceipt, type MaskJudge, type PixelFindings } from './mask-judge.js';
import { checkPixelLength } from './pixel-length.js';
import { problem, type SegmentationProblem, type Writer } from './problems.js';
import type { ReadFrame } from './read-frames.js';
import type { ReadSegmentation } from './read-segmentation.js';
import { checkWords } from './check-words.js';

const LENGTH_FAULTS: ReadonlySet<string> = new Set(['pixel-data-short', 'pixel-data-bytes', 'pixel-data-long']);

/** Length of the pixel data, pixels of every frame, and each segment's mask against its receipt. */
export function checkPixels(
  file: DicomFile,
  object: ReadSegmentation,
  judge: MaskJudge,
  writer: Writer,
): PixelFindings {
  const { dataSet } = object;
  const compressed = encapsulatedFragments(dataSet) !== undefined;
  if (!object.pixelData && !compressed) return { problems: [problem('pixel-data-missing')], voxels: undefined };
  const length = compressed ? [] : checkPixelLength(object, object.pixelData!);
  if (length.some(({ code }) => LENGTH_FAULTS.has(code))) return { problems: length, voxels: undefined };
  const inBits = (dataSet.number(TAG.BitsAllocated) ?? 1) === 1;
  const found = inBits ? checkBits(file, object, judge, writer) : checkWords(file, object, judge);
  return { problems: [...length, ...found.problems, ...emptiness(object, found)], voxels: found.voxels };
}

/** Segments without a pixel, and an object without any. */
function emptiness(object: ReadSegmentation, { voxels }: PixelFindings): readonly SegmentationProblem[] {
  if (!voxels) return [];
  const shown = shownSegments(object);
  const empty = shown.filter((number) => (voxels.get(number) ?? 0) === 0);
  return [
    ...empty
      .filter((number) => voxels.has(number) || object.form === 'LABELMAP')
      .map((number) => problem('segment-empty', { segment: number })),
    ...(shown.length > 0 && empty.length === shown.length ? [problem('object-empty')] : []),
  ];
}

function checkBits(file: DicomFile, object: ReadSegmentation, judge: MaskJudge, writer: Writer): PixelFindings {
  const packed = packedBitsOf(file);
  if (!packed.ok)
    return {
      problems: packed.error === 'codestream-invalid' ? [problem('pixel-data-invalid')] : [],
      voxels: undefined,
    };
  const { rows, columns, segments } = object;
  const frames = object.frames.slice(0, object.numberOfFrames);
  const ofSegment = grouped(frames, (frame) => frame.segmentNumber);
  const pixels = new BitFrames(packed.value, rows * columns);
  const voxels = new Map<number, number>();
  const found: SegmentationProblem[] = [];
  if (judge.kind === 'masks') {
    // the masks are the writer's own: none is empty
    const problems = judge.holds ? [] : [problem('mask-differs')];
    return { problems: [...problems, ...checkOverlaps(object, frames, pixels)], voxels: undefined };
  }
  for (const [index, segment] of segments.entries()) {
    const number = segment.number(TAG.SegmentNumber) ?? index + 1;
    const own = ofSegment.get(number);
    if (!own) continue;
    const seen = { count: 0, empty: [] as ReadFrame[] };
    const differs = differsFromReceipt(segment, judge, framesOf(own, pixels, seen));
    if (differs) found.push(problem('mask-differs', { segment: number }));
    voxels.set(number, seen.count);
    if (seen.count > 0 && (rows * columns) % 16 === 0)
      found.push(...seen.empty.map((frame) => problem('frame-empty', { segment: number, frame: frame.number })));
  }
  found.push(...checkOverlaps(object, frames, pixels));
  if (writer === 'another' && looksReversed(packed.value)) found.push(problem('bits-look-reversed'));
  return { problems: found, voxels };
}

/** Frames of a segment in their order, each in one buffer; pixels are counted, and frames that hold none are noted. */
function* framesOf(
  frames: readonly ReadFrame[],
  pixels: BitFrames,
  seen: { count: number; readonly empty: ReadFrame[] },
): Generator<FramePixels> {
  for (const frame of frames) {
    pixels.load(frame.number - 1);
    if (pixels.isEmpty) seen.empty.push(frame);
    else seen.count += pixels.count();
    yield { values: () => pixels.unpacked(), packed: () => pixels.packed() };
  }
}

/** Whether segments share a pixel at one position, and whether the object says that they do not. */
function checkOverlaps(
  { dataSet, lies }: ReadSegmentation,
  frames: readonly ReadFrame[],
  pixels: BitFrames,
): readonly SegmentationProblem[] {
  const said = dataSet.text(TAG.SegmentsOverlap);
  if (said === 'YES' || lies === 'in-no-patient-geometry')
    return said === 'YES' ? [problem('segments-overlap-allowed')] : [];
  const found: SegmentationProblem[] = [];
  for (const together of grouped(frames, (frame) => frame.positionKey).values()) {
    if (together.length < 2) continue;
    const taken = pixels.noneTaken();
    for (const frame of together) {
      pixels.load(frame.number - 1);
      if (pixels.take(taken))
        found.push(problem(said === 'NO' ? 'segments-overlap' : 'segments-overlap-allowed', { frame: frame.number }));
    }
  }
  return found;
}

function grouped<K>(
  frames: readonly ReadFrame[],
  keyOf: (frame: ReadFrame) => K,
): ReadonlyMap<K, readonly ReadFrame[]> {
  const groups = new Map<K, ReadFrame[]>();
  for (const frame of frames) {
    const key = keyOf(frame);
    const already = groups.get(key);
    if (already) already.push(frame);
    else groups.set(key, [frame]);
  }
  return groups;
}
