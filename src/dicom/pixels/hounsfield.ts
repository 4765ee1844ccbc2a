import { fail, ok, TAG, CT_CLASSES, type DataSet, type ReasonCode, type Result } from '../../domain/index.js';
import { functionalGroup } from '../geometry/functional-groups.js';
import { imageTypeOf } from '../geometry/slice-kind.js';
import type { PixelDescription } from './pixel-description.js';

/** From stored values to Hounsfield units. */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** `wrong-modality` for everything that is not CT; an image without Modality goes by its SOP class. */
export function isComputedTomography(header: DataSet): boolean {
  const modality = header.text(TAG.Modality);
  if (modality !== undefined) return modality === 'CT';
  const sopClass = header.text(TAG.SOPClassUID);
  return [...CT_CLASSES].some((uid) => uid === sopClass);
}

/**
 * The rescale of a frame (counted from 1) whose values are Hounsfield units; `pixels-not-hu` where they are something else or nothing says what they
 * are. A frame's own functional groups come before the data set (PS3.3 C.7.6.16.2.9).
 */
export function rescaleOf(header: DataSet, frame: number): Result<Rescale, ReasonCode> {
  const transformation = functionalGroup(header, frame, TAG.PixelValueTransformationSequence) ?? header;
  const slope = transformation.number(TAG.RescaleSlope);
  const intercept = transformation.number(TAG.RescaleIntercept);
  const type = transformation.text(TAG.RescaleType) ?? '';
  if (slope === undefined || intercept === undefined || slope === 0) return fail('pixels-not-hu');
  if (header.items(TAG.ModalityLUTSequence).length > 0 || transformation.items(TAG.ModalityLUTSequence).length > 0)
    return fail('pixels-not-hu');
  if (!HOUNSFIELD_SPELLINGS.test(type.toUpperCase().replaceAll(/[^A-Z_]/g, ''))) return fail('pixels-not-hu');
  // far beyond any pixel, yet it must not overflow the single precision of the result
  if (!Number.isFinite(Math.fround(2 ** 32 * Math.abs(slope) + Math.abs(intercept)))) return fail('pixels-not-hu');
  return isMap(imageTypeOf(header, frame)) ? fail('pixels-not-hu') : ok({ slope, intercept });
}

/** HU, US (unspecified, which for CT is HU: PS3.3 C.8.2.1.1.2) or nothing; or the name written out, rightly or as some makers do. */
const HOUNSFIELD_SPELLINGS = /^(|HU|US|UNSPECIFIED|HOUND?SFIELD(UNITS?)?)$/;

/** Words in ImageType or FrameType of CT images whose values are another quantity (PS3.3 C.8.2.1.1.1, C.8.15.3, C.8.16.1; makers' perfusion maps). */
const OTHER_QUANTITIES: ReadonlySet<string> = new Set([
  ...['RCBF', 'RCBV', 'CBF', 'CBV', 'MTT', 'TTP', 'TMAX', 'QUANTITY'],
  ...['SUBTRACTION', 'DIVISION', 'MULTIPLICATION', 'STD_DEVIATION'],
  ...['MAT_SPECIFIC', 'MAT_FRACTIONAL', 'MAT_VALUE_BASED', 'EFF_ATOMIC_NUM', 'ELECTRON_DENSITY'],
]);

/** What may be derived from the phases of a perfusion scan and stay in Hounsfield units. */
const STILL_HOUNSFIELD: ReadonlySet<string> = new Set(['NONE', 'MEAN', 'AVERAGE', 'MAXIMUM', 'MINIMUM', 'RESAMPLED']);

function isMap(imageType: readonly string[]): boolean {
  const [pixels, , flavour, contrast] = imageType;
  if (imageType.some((value) => OTHER_QUANTITIES.has(value))) return true;
  return pixels === 'DERIVED' && flavour === 'PERFUSION' && !STILL_HOUNSFIELD.has(contrast ?? '');
}

/** Air: no measurement lies on pixels outside the scanned field. */
const PADDING_HU = -1024;

/** HU of stored values, computed in double precision. Pixel padding (PS3.3 C.7.5.1.1.2) becomes air. */
export function hounsfieldOf(
  values: Int32Array,
  rescale: Rescale,
  header: DataSet,
  description: PixelDescription,
): Float32Array {
  const { slope, intercept } = rescale;
  const padding = paddingOf(header, description);
  const hu = new Float32Array(values.length);
  if (padding.low > padding.high) {
    for (let i = 0; i < values.length; i++) hu[i] = values[i]! * slope + intercept;
    return hu;
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    hu[i] = value >= padding.low && value <= padding.high ? PADDING_HU : value * slope + intercept;
  }
  return hu;
}

/** The range of padding values, limits included; empty where there is none. */
function paddingOf(header: DataSet, description: PixelDescription): { low: number; high: number } {
  const value = header.number(TAG.PixelPaddingValue);
  if (value === undefined) return { low: Infinity, high: -Infinity };
  const limit = header.number(TAG.PixelPaddingRangeLimit) ?? value;
  const ends = [value, limit].map((end) => asStored(end, description));
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** The attribute's VR often contradicts PixelRepresentation (63536 for -2000): its bits are taken as those of a pixel's word. */
function asStored(value: number, { bitsAllocated, representation }: PixelDescription): number {
  const unused = 32 - bitsAllocated;
  return representation === 'signed' ? (value << unused) >> unused : (value << unused) >>> unused;
}
