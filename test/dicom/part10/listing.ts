import { createHash } from 'node:crypto';
import type { DataSet, Tag } from '../../../src/domain/index.js';

/** One element: where it stands (tags and item positions), its VR, the kind of its value and the value, as `pydicom-listing.py` gives them. */
export type Line = readonly [path: string, vr: string, kind: string, value: unknown];

const NUMBER = new Set(['US', 'SS', 'UL', 'SL', 'FL', 'FD', 'SV', 'UV']);
const BYTES = new Set(['OB', 'OW', 'OF', 'OD', 'OL', 'OV', 'UN']);

export function listDataSet(dataSet: DataSet, path = '', lines: Line[] = []): Line[] {
  // group lengths are retired, and pydicom gives private ones no VR
  for (const tag of dataSet.tags()) if ((tag & 0xffff) !== 0) listElement(dataSet, tag, path, lines);
  return lines;
}

function listElement(dataSet: DataSet, tag: Tag, path: string, lines: Line[]): void {
  const here = path + tag.toString(16).toUpperCase().padStart(8, '0');
  const vr = dataSet.vr(tag) ?? '';
  if (vr === 'SQ') {
    const items = dataSet.items(tag);
    lines.push([here, vr, 'items', items.length]);
    items.forEach((item, index) => listDataSet(item, `${here}/${index}/`, lines));
  } else if (NUMBER.has(vr)) {
    lines.push([here, vr, 'numbers', dataSet.numbers(tag).map(float64Hex)]);
  } else if (BYTES.has(vr)) {
    const bytes = dataSet.bytes(tag);
    lines.push(
      bytes
        ? [here, vr, 'bytes', [bytes.length, createHash('sha256').update(bytes).digest('hex')]]
        : [here, vr, 'encapsulated', 0],
    );
  } else lines.push([here, vr, 'texts', dataSet.texts(tag)]);
}

function float64Hex(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}
