import { TAG, type DataSet } from '../../domain/index.js';
import { Part10DataSet } from './part10-data-set.js';

/** PS3.5 A.4: the first item of encapsulated pixel data is the Basic Offset Table, empty or not; the fragments follow. */
export interface EncapsulatedPixelData {
  /** Offset of each frame's first fragment from the start of the first fragment's item; empty where the writer gave none. */
  readonly basicOffsetTable: readonly number[];
  readonly fragments: readonly Uint8Array[];
  /** Where each fragment's item starts, counted like the table. */
  readonly offsets: readonly number[];
}

/** Undefined where there is no pixel data or it is not encapsulated. Fragments are views. */
export function encapsulatedFragments(dataSet: DataSet): EncapsulatedPixelData | undefined {
  const bytes = dataSet instanceof Part10DataSet ? dataSet.encapsulated(TAG.PixelData) : undefined;
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const basicOffsetTable: number[] = [];
  const fragments: Uint8Array[] = [];
  const offsets: number[] = [];
  let first = 0;
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    if (at === 0) {
      for (let entry = 8; entry + 4 <= 8 + length; entry += 4) basicOffsetTable.push(view.getUint32(entry, true));
      first = 8 + length;
    } else {
      fragments.push(bytes.subarray(at + 8, at + 8 + length));
      offsets.push(at - first);
    }
    at += 8 + length;
  }
  return { basicOffsetTable, fragments, offsets };
}
