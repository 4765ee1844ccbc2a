import { tag as tagOfNumber, type DataSet, type Tag } from '../../domain/index.js';

/** A binary value inside a data set, written `52009230/0/00420011`: tags, and between them items of sequences counted from 0. */
interface BulkPath {
  readonly sequences: readonly { readonly tag: Tag; readonly item: number }[];
  readonly tag: Tag;
}

export function bulkPathOf(text: string): BulkPath | undefined {
  const pieces = text.split('/');
  const sequences: { tag: Tag; item: number }[] = [];
  for (let at = 0; at + 1 < pieces.length; at += 2) {
    const [sequence, item] = [tagOfText(pieces[at]), pieces[at + 1]];
    if (sequence === undefined || item === undefined || !/^\d{1,6}$/.test(item)) return undefined;
    sequences.push({ tag: sequence, item: Number(item) });
  }
  const last = pieces.length % 2 === 1 ? tagOfText(pieces.at(-1)) : undefined;
  return last === undefined ? undefined : { sequences, tag: last };
}

/** The bytes of a value, little endian; undefined where there is none at the path, or none in one piece (encapsulated pixel data). */
export function bulkBytes(dataSet: DataSet, path: BulkPath): Uint8Array | undefined {
  let at: DataSet | undefined = dataSet;
  for (const { tag, item } of path.sequences) at = at?.items(tag)[item];
  return at?.bytes(path.tag);
}

const tagOfText = (text: string | undefined): Tag | undefined =>
  text !== undefined && /^[0-9A-Fa-f]{8}$/.test(text) ? tagOfNumber(parseInt(text, 16)) : undefined;
