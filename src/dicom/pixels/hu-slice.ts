import { fail, ok, TAG, type DataSet, type HuSlice, type ReasonCode, type Result } from '../../domain/index.js';
import { resolvedFrame } from '../geometry/functional-groups.js';
import { imagePlaneOf } from '../geometry/image-plane.js';
import type { DicomFile } from '../part10/read-part10.js';
import { decodeFrame, type DecodedFrame } from './decode-frame.js';
import { hounsfieldOf, isComputedTomography, rescaleOf } from './hounsfield.js';
import { pixelDescriptionOf } from './pixel-description.js';
import { transferSyntaxOf, type TransferSyntaxRow } from './transfer-syntaxes.js';

/**
 * One CT image, or one frame of it (counted from 1), in Hounsfield units. A frame number is needed only where there are several frames. Refuses, by
 * reason, whatever is not wholly there, contradicts itself or is not in Hounsfield units. `initialiseCodecs()` must have been awaited on this thread.
 */
export function huSliceOf(
  file: Pick<DicomFile, 'dataSet' | 'transferSyntaxUID'>,
  frame: number | undefined,
): Result<HuSlice, ReasonCode> {
  const header = file.dataSet;
  if (!isComputedTomography(header)) return fail('wrong-modality');
  const resolved = resolvedFrame(header, frame);
  if (resolved === undefined) return fail('frame-not-in-image');
  const description = pixelDescriptionOf(header);
  if (!description.ok) return description;
  const rescale = rescaleOf(header, resolved);
  if (!rescale.ok) return rescale;
  const plane = imagePlaneOf(header, resolved);
  if (!plane.ok) return plane;

  const syntax = transferSyntaxOf(file.transferSyntaxUID);
  if (!syntax) return fail('unsupported-transfer-syntax');
  const decoded = decodeFrame(header, syntax.frames, description.value, resolved);
  if (!decoded.ok) return decoded;

  const hu = hounsfieldOf(decoded.value.values, rescale.value, header, description.value);
  return ok({ plane: plane.value, hu, lossy: wasLossy(header, syntax, decoded.value) });
}

/** LossyImageCompression speaks of all that ever happened to the pixels; the transfer syntax and the stream of what happened last. */
function wasLossy(header: DataSet, syntax: TransferSyntaxRow, decoded: DecodedFrame): boolean {
  const said = header.text(TAG.LossyImageCompression);
  if (said === '01' || syntax.pixels === 'lossy' || decoded.loss === 'lossy') return true;
  return syntax.pixels === 'either' && said !== '00';
}
