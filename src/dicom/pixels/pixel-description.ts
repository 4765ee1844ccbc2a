import { fail, ok, TAG, type DataSet, type ReasonCode, type Result } from '../../domain/index.js';
import { numberOfFramesOf } from '../geometry/functional-groups.js';

/** How the header describes stored pixels (PS3.3 C.7.6.3.1, PS3.5 8.1.1); one sample a pixel. */
export interface PixelDescription {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly bitsAllocated: 8 | 16 | 32;
  readonly bitsStored: number;
  /** Position of the most significant bit of a value in its word. */
  readonly highBit: number;
  readonly representation: 'unsigned' | 'signed';
}

/**
 * `pixels-not-hu` for colour; `pixel-length-mismatch` where attributes are missing or contradict each other, so that nothing can be said about the
 * length of the pixel data.
 */
export function pixelDescriptionOf(header: DataSet): Result<PixelDescription, ReasonCode> {
  const samples = header.number(TAG.SamplesPerPixel);
  const photometric = header.text(TAG.PhotometricInterpretation);
  if (samples !== 1 || (photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2')) return fail('pixels-not-hu');

  const rows = header.number(TAG.Rows);
  const columns = header.number(TAG.Columns);
  const frames = numberOfFramesOf(header);
  const bitsAllocated = header.number(TAG.BitsAllocated);
  const bitsStored = header.number(TAG.BitsStored);
  const highBit = header.number(TAG.HighBit);
  const representation = REPRESENTATIONS[header.number(TAG.PixelRepresentation) ?? -1];
  if (!rows || !columns || frames === undefined || representation === undefined) return fail('pixel-length-mismatch');
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) return fail('pixel-length-mismatch');
  if (bitsStored === undefined || bitsStored < 1 || highBit === undefined) return fail('pixel-length-mismatch');
  if (highBit < bitsStored - 1 || highBit >= bitsAllocated) return fail('pixel-length-mismatch');
  return ok({ rows, columns, frames, bitsAllocated, bitsStored, highBit, representation });
}

const REPRESENTATIONS: Readonly<Record<number, PixelDescription['representation']>> = { 0: 'unsigned', 1: 'signed' };
