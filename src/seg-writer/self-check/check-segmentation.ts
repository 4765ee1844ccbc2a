import type { SourceSlice } from '../../domain/index.js';
import { readPart10 } from '../../dicom/index.js';
import { declaresNoCharacterSet } from '../source/character-set.js';
import { checkAttributes } from './check-attributes.js';
import { checkDimensions } from './check-dimensions.js';
import { checkFile } from './check-file.js';
import { checkFrames } from './check-frames.js';
import { checkGeometry } from './check-geometry.js';
import { checkIdentity } from './check-identity.js';
import { hasPixel, maskDigest } from '../object/pack-bits.js';
import type { PlannedObject } from '../object/planned-object.js';
import { checkPixels, type DigestOf } from './check-pixels.js';
import { checkReferences } from './check-references.js';
import { checkValues } from './check-values.js';
import { knownSources } from './known-sources.js';
import { problem, type SegmentationProblem } from './problems.js';
import { readSegmentation } from './read-segmentation.js';

/**
 * Looks at a BINARY segmentation as its readers will: from its bytes, against the slices it was drawn on. Total. Finds what validators and readers
 * object to and what they take without a word and show wrong or not at all; errors must not be stored.
 */
export const checkSegmentation = (bytes: Uint8Array, sources: readonly SourceSlice[]): readonly SegmentationProblem[] =>
  checkAgainst(bytes, sources, (_, frames) => maskDigest(frames));

/** The same for an object that was just written: the pixels in its bytes are compared with the masks that went in. */
export function checkWritten(bytes: Uint8Array, { sources, segments }: PlannedObject): readonly SegmentationProblem[] {
  const slices = sources.map(({ slice }) => slice);
  return checkAgainst(bytes, slices, (segmentNumber, unpacked) => {
    const { frames, receipt } = segments[segmentNumber - 1]!;
    let at = 0;
    let equal = true;
    for (const bits of unpacked) {
      const mask = frames[at++]?.bits;
      equal &&= mask ? Buffer.compare(bits, mask) === 0 : !hasPixel(bits);
    }
    return equal && at === frames.length ? receipt.maskSha256 : 'other pixels';
  });
}

function checkAgainst(
  bytes: Uint8Array,
  sources: readonly SourceSlice[],
  digestOf: DigestOf,
): readonly SegmentationProblem[] {
  const file = readPart10(bytes);
  if (!file.ok) return [problem('file-unreadable')];
  const object = readSegmentation(file.value.dataSet);
  const known = knownSources(sources);
  const undeclared = sources.some(({ header }) => declaresNoCharacterSet(header)) ? 'as-in-the-source' : 'a-problem';
  return [
    ...checkFile(file.value),
    ...checkValues(file.value.dataSet, undeclared),
    ...checkAttributes(object),
    ...checkFrames(object),
    ...checkPixels(object, digestOf),
    ...checkReferences(object, known),
    ...checkGeometry(object, known),
    ...checkDimensions(object),
    ...checkIdentity(object, known),
  ];
}
