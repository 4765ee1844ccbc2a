import type { DataSet, Tag } from '../../domain/index.js';
import type { Element, Elements } from '../elements.js';

/**
 * An element as it stands in its source, for writing it again: the bytes of its value (little endian, in the source's own character set: copy
 * SpecificCharacterSet with it), of every element in its items likewise. Undefined where it is absent or not all of its bytes are held (DICOM JSON,
 * encapsulated pixel data): a part of a sequence would pass for the whole.
 */
export function copyElement(from: DataSet, tag: Tag): Element | undefined {
  const vr = from.vr(tag);
  if (vr === undefined) return undefined;
  if (vr !== 'SQ') {
    const bytes = from.bytes(tag);
    return bytes && { vr, bytes };
  }
  const items: Elements[] = [];
  for (const item of from.items(tag)) {
    const copy = copyDataSet(item);
    if (!copy) return undefined;
    items.push(copy);
  }
  return { vr: 'SQ', items };
}

function copyDataSet(item: DataSet): Elements | undefined {
  const elements = new Map<Tag, Element>();
  for (const tag of item.tags()) {
    // group lengths are retired, and wrong as soon as anything is written anew
    if ((tag & 0xffff) === 0) continue;
    const element = copyElement(item, tag);
    if (!element) return undefined;
    elements.set(tag, element);
  }
  return elements;
}
