import { copyElement, encodePart10, readPart10, type Element, type Elements } from '../../src/dicom/index.js';
import type { Tag } from '../../src/domain/index.js';

/** A data set that can be changed in place, for breaking objects that the writer would never write. */
export type Tree = Map<Tag, Branch>;
export type Branch = { vr: string; bytes: Uint8Array } | { vr: 'SQ'; items: Tree[] };

export function treeOf(bytes: Uint8Array): Tree {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  const { dataSet } = file.value;
  return new Map(dataSet.tags().map((tag) => [tag, branchOf(copyElement(dataSet, tag)!)]));
}

function branchOf(element: Element): Branch {
  if ('items' in element)
    return { vr: 'SQ', items: element.items.map((item) => new Map([...item].map(([tag, e]) => [tag, branchOf(e)]))) };
  if (!('bytes' in element)) throw new Error('copied elements are bytes');
  return { vr: element.vr, bytes: Uint8Array.from(element.bytes) };
}

export const bytesOf = (tree: Tree): Uint8Array => encodePart10(tree satisfies Elements);

/** The object with one change. */
export function edited(bytes: Uint8Array, edit: (tree: Tree) => void): Uint8Array {
  const tree = treeOf(bytes);
  edit(tree);
  return bytesOf(tree);
}

export function items(tree: Tree, tag: Tag): Tree[] {
  const branch = tree.get(tag);
  if (!branch || !('items' in branch)) throw new Error('no sequence there');
  return branch.items;
}

/** The only item of each sequence on the way down. */
export const within = (tree: Tree, ...tags: readonly Tag[]): Tree =>
  tags.reduce((inner, tag) => items(inner, tag)[0]!, tree);

/** Text in one byte a character, padded as any text is. */
export function setText(tree: Tree, tag: Tag, text: string): void {
  const before = tree.get(tag);
  const vr = before?.vr ?? 'LO';
  const even = text.length % 2 === 0 ? text : text + (vr === 'UI' ? '\0' : ' ');
  tree.set(tag, { vr, bytes: Uint8Array.from(Buffer.from(even, 'latin1')) });
}

export const textOf = (tree: Tree, tag: Tag): string => Buffer.from(valueOf(tree, tag)).toString('latin1').trimEnd();

export function valueOf(tree: Tree, tag: Tag): Uint8Array {
  const branch = tree.get(tag);
  if (!branch || !('bytes' in branch)) throw new Error('no value there');
  return branch.bytes;
}

export const setBytes = (tree: Tree, tag: Tag, bytes: Uint8Array): void => {
  tree.set(tag, { vr: tree.get(tag)!.vr, bytes });
};

export const setShort = (tree: Tree, tag: Tag, value: number): void =>
  setBytes(tree, tag, Uint8Array.of(value & 0xff, value >> 8));

export const setLongs = (tree: Tree, tag: Tag, ...values: readonly number[]): void =>
  setBytes(tree, tag, new Uint8Array(Uint32Array.from(values).buffer));

/** A copy that can be changed without changing the original. */
export const cloned = (tree: Tree): Tree =>
  new Map(
    [...tree].map(([tag, branch]) => [
      tag,
      'items' in branch
        ? { vr: 'SQ', items: branch.items.map(cloned) }
        : { vr: branch.vr, bytes: branch.bytes.slice() },
    ]),
  );
