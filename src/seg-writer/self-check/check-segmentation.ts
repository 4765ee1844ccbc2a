import type { SourceSlice } from '../../domain/index.js';
import { readPart10, type DicomFile } from '../../dicom/index.js';
import { BitFrames } from '../object/bit-frames.js';
import { holdsFrames } from '../object/pixel-data.js';
import type { PlannedObject } from '../object/planned-object.js';
import { declaresNoCharacterSet } from '../source/character-set.js';
import { checkAttributes } from './check-attributes.js';
import { checkDimensions } from './check-dimensions.js';
import { checkFile } from './check-file.js';
import { checkFrames } from './check-frames.js';
import { checkGeometry } from './check-geometry.js';
import { checkIdentity } from './check-identity.js';
import { checkPixels } from './check-pixels.js';
import { checkReferences } from './check-references.js';
import { checkValues } from './check-values.js';
import { knownSources, plannedSources, type KnownSources } from './known-sources.js';
import type { MaskJudge } from './mask-judge.js';
import { judgedAs, problem, type SegmentationProblem, type Writer } from './problems.js';
import { readSegmentation, type ReadSegmentation } from './read-segmentation.js';

/**
 * Looks at a segmentation of ours as its readers will: from its bytes, against the slices it was drawn on. Total. Finds what validators and readers
 * object to and what they take without a word and show wrong or not at all; errors must not be stored.
 */
export function checkSegmentation(bytes: Uint8Array, sources: readonly SourceSlice[]): readonly SegmentationProblem[] {
  const file = readPart10(bytes);
  if (!file.ok) return [problem('file-unreadable')];
  const object = readSegmentation(file.value.dataSet);
  return checkObject(file.value, object, knownSources(sources), 'ours', { kind: 'receipts' }).problems;
}

/** The same for an object that was just written: the pixels in its bytes are compared with the masks that went in. */
export function checkWritten(bytes: Uint8Array, planned: PlannedObject): readonly SegmentationProblem[] {
  const file = readPart10(bytes);
  if (!file.ok) return [problem('file-unreadable')];
  const object = readSegmentation(file.value.dataSet);
  const known = plannedSources(planned.sources);
  return checkObject(file.value, object, known, 'ours', { kind: 'masks', holds: holdsMasks(object, planned) }).problems;
}

/** Whether frames belong to the segments they were planned for and hold their pixels. */
function holdsMasks({ frames, pixelData, rows, columns }: ReadSegmentation, planned: PlannedObject): boolean {
  if (pixelData === undefined || frames.length !== planned.frames.length) return false;
  if (frames.some(({ segmentNumber }, index) => segmentNumber !== planned.frames[index]!.segmentNumber)) return false;
  return planned.type === 'binary'
    ? holdsBits(pixelData, rows * columns, planned)
    : holdsFrames(planned.type, pixelData, planned.frames, rows * columns);
}

function holdsBits(pixelData: Uint8Array, pixelsPerFrame: number, { frames }: PlannedObject): boolean {
  const pixels = new BitFrames(pixelData, pixelsPerFrame);
  return frames.every(({ parts }, index) => {
    const [part] = parts;
    if (part) return pixels.holds(index, part.values, part.set);
    pixels.load(index);
    return pixels.isEmpty;
  });
}

/** Everything that is looked at, of an object of ours or of somebody else; without its images where they are not at hand. */
export function checkObject(
  file: DicomFile,
  object: ReadSegmentation,
  known: KnownSources | undefined,
  writer: Writer,
  judge: MaskJudge,
): { readonly problems: readonly SegmentationProblem[]; readonly voxels: ReadonlyMap<number, number> | undefined } {
  const images = new Set(known ? [...known.values()].map(({ like }) => like) : []);
  const undeclared = [...images].some(declaresNoCharacterSet) ? 'as-in-the-source' : 'a-problem';
  const pixels = checkPixels(file, object, judge, writer);
  const inPatient = object.lies === 'in-a-patient';
  const problems = [
    ...checkFile(file, object.form, writer),
    ...checkValues(file.dataSet, undeclared),
    ...checkAttributes(object),
    ...checkFrames(object),
    ...pixels.problems,
    ...(object.form === 'LABELMAP' ? [problem('label-map')] : []),
    ...checkReferences(object, known, writer),
    ...(inPatient ? checkGeometry(object, known) : [problem('no-plane-geometry')]),
    ...checkDimensions(object, writer),
    ...checkIdentity(object, known),
  ];
  return { problems: problems.map((each) => judgedAs(writer, each)), voxels: pixels.voxels };
}
