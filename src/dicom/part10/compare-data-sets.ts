import type { DataSet, Tag } from '../../domain/index.js';
import { Part10DataSet } from './part10-data-set.js';

/** Whether two data sets hold the same bytes for a tag, or neither any. Faster than to ask both for them. */
export function holdSameBytes(a: DataSet, b: DataSet, tag: Tag): boolean {
  if (a instanceof Part10DataSet && b instanceof Part10DataSet) return a.holdsSameBytes(b, tag);
  const bytes = a.bytes(tag);
  const others = b.bytes(tag);
  return bytes === undefined || others === undefined ? bytes === others : Buffer.compare(bytes, others) === 0;
}

/**
 * The elements of `item`, in whatever depth, whose bytes are not those of `other`, each as a data set of its own: what was found of the other item holds
 * for all the rest. Undefined where the two do not have the same elements with the same VRs in the same order and depth, or where that is not known
 * (items of two files, DICOM JSON, an item with a character set of its own). Items of a file repeat each other a thousand times.
 */
export const changedElements = (item: DataSet, other: DataSet): readonly DataSet[] | undefined =>
  item instanceof Part10DataSet && other instanceof Part10DataSet ? item.changedFrom(other) : undefined;
