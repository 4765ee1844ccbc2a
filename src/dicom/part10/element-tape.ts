import { ShortTexts } from './short-texts.js';

/**
 * Where every element and item of a data set lies, in file order, as columns of numbers: 5,500 items with 60,000 elements cost no object.
 * An entry is followed by what it contains (a sequence by its items, an item by its elements); `next` is the entry after all that.
 */
export class ElementTape {
  count = 0;
  tags = new Uint32Array(256);
  /** Two characters of the VR, the first in the high byte; 0 where it is not known. Lower case: a choice that the dictionary leaves open. */
  vrs = new Uint16Array(256);
  offsets = new Uint32Array(256);
  lengths = new Uint32Array(256);
  next = new Uint32Array(256);
  kinds = new Uint8Array(256);
  readonly shortTexts = new ShortTexts();

  /** Returns the new entry's index; `next` is set to the entry after it and moved by `close` for what has content. */
  add(tag: number, vr: number, offset: number, length: number, kind: number): number {
    const index = this.count++;
    if (index === this.tags.length) this.#grow();
    this.tags[index] = tag;
    this.vrs[index] = vr;
    this.offsets[index] = offset;
    this.lengths[index] = length;
    this.next[index] = index + 1;
    this.kinds[index] = kind;
    return index;
  }

  close(index: number): void {
    this.next[index] = this.count;
  }

  #grow(): void {
    const larger = <T extends Uint8Array | Uint16Array | Uint32Array>(old: T, empty: T): T => {
      empty.set(old);
      return empty;
    };
    const size = this.tags.length * 2;
    this.tags = larger(this.tags, new Uint32Array(size));
    this.vrs = larger(this.vrs, new Uint16Array(size));
    this.offsets = larger(this.offsets, new Uint32Array(size));
    this.lengths = larger(this.lengths, new Uint32Array(size));
    this.next = larger(this.next, new Uint32Array(size));
    this.kinds = larger(this.kinds, new Uint8Array(size));
  }
}

/** Kinds of entries; an element whose values are big endian has `BIG_ENDIAN` added. */
export const ELEMENT = 0;
export const SEQUENCE = 1;
export const ITEM = 2;
/** Pixel data in fragments: offset and length span them with their item headers, the delimiter excluded. */
export const ENCAPSULATED = 3;
export const BIG_ENDIAN = 4;
export const KIND_MASK = 3;
