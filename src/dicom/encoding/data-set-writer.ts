import { TAG, tagText, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../elements.js';
import { trimmed } from '../padding.js';
import { VALUE_REPRESENTATIONS, type ValueRepresentation } from '../value-representations.js';
import { checkedText } from './checked-text.js';
import { numberWriter } from './number-writers.js';

/** What texts may be written as. */
export type Repertoire = 'ascii' | 'utf-8';

const LONGEST_SHORT = 0xfffe;
const LONGEST = 0xfffffffe;
const ITEM_TAG = 0xfffee000;
const UNKNOWN: ValueRepresentation = { kind: 'bytes', header: 'long', pad: 'nul' };
/** Values that are not copied before the file has its length. */
const LARGE = 1 << 16;
/** Texts for which a loop is faster than a call of Buffer. */
const SHORT_TEXT = 64;

/** A value that is written into the finished file, after the first `at` bytes of all that is not. */
interface LargeValue {
  readonly at: number;
  readonly length: number;
  readonly fill: (into: Uint8Array) => void;
}

/**
 * Writes data sets in Explicit VR Little Endian, element after element; the length of a sequence is put in when it is known, so that a thousand frames
 * cost no object. Throws on what may not be written, which is a mistake of the caller. Messages name the tag, never the value.
 */
export class DataSetWriter {
  #bytes = Buffer.alloc(1 << 14);
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
  #at = 0;
  readonly #large: LargeValue[] = [];
  #largeLength = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#at + this.#largeLength;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  dataSet(elements: Elements, inherited: Repertoire = 'ascii'): void {
    const repertoire = repertoireOf(elements) ?? inherited;
    for (const [tag, element] of ascending(elements)) {
      if ((tag & 0xffff) === 0 || tag >>> 16 === 0xfffe || tag < 0x00080000)
        throw new Error(`${tagText(tag)} is not an attribute of a data set`);
      this.element(tag, element, repertoire);
    }
  }

  element(tag: Tag, element: Element, repertoire: Repertoire): void {
    if ('items' in element) return this.#sequence(tag, element, repertoire);
    const representation = VALUE_REPRESENTATIONS.get(element.vr);
    if ('bytes' in element) return this.#value(tag, element.vr, element.bytes, representation);
    if ('fill' in element) return this.#filled(tag, element, representation);
    if (representation?.kind === 'text') return this.#text(tag, element, representation, repertoire);
    const writer = numberWriter(element.vr);
    if (!representation || !writer) throw new Error(`${tagText(tag)} ${element.vr}: only bytes can be written`);
    const { values } = element;
    if (!values.every(writer.accepts)) throw new Error(`${tagText(tag)} ${element.vr}: illegal value`);
    this.#header(tag, element.vr, representation.header, writer.size * values.length);
    for (const value of values) {
      writer.write(this.#view, this.#at, value);
      this.#at += writer.size;
    }
  }

  /** The file: all that was written, in a buffer of its length. */
  finished(): Uint8Array {
    const file = Buffer.alloc(this.length);
    let from = 0;
    let to = 0;
    for (const { at, length, fill } of this.#large) {
      this.#bytes.copy(file, to, from, at);
      to += at - from;
      from = at;
      fill(file.subarray(to, to + length));
      to += length;
    }
    this.#bytes.copy(file, to, from, this.#at);
    return file;
  }

  #text(
    tag: Tag,
    { vr, values }: { readonly vr: string; readonly values: readonly (string | number)[] },
    representation: ValueRepresentation,
    repertoire: Repertoire,
  ): void {
    const checked = checkedText(vr, representation, values, repertoire);
    if ('fault' in checked) throw new Error(`${tagText(tag)} ${vr}: ${checked.fault}`);
    const { text } = checked;
    const utf8 = representation.charset === true && repertoire === 'utf-8';
    const length = utf8 ? Buffer.byteLength(text, 'utf8') : text.length;
    this.#header(tag, vr, representation.header, length);
    if (utf8 || length > SHORT_TEXT) this.#at += this.#bytes.write(text, this.#at, utf8 ? 'utf8' : 'latin1');
    else for (let i = 0; i < length; i++) this.#bytes[this.#at++] = text.charCodeAt(i);
    this.#pad(length, representation);
  }

  /** A value that its VR's length field cannot hold, or whose VR the standard does not know, is written as UN (PS3.5 6.2.2). */
  #value(tag: Tag, vr: string, bytes: Uint8Array, known: ValueRepresentation | undefined): void {
    if (vr === 'SQ') throw new Error(`${tagText(tag)} SQ: items are wanted, not bytes`);
    const asUnknown = known === undefined || (known.header === 'short' && bytes.length > LONGEST_SHORT);
    const representation = asUnknown ? UNKNOWN : known;
    this.#header(tag, asUnknown ? 'UN' : vr, representation.header, bytes.length);
    if (bytes.length > LARGE) this.#later(bytes.length, (into) => into.set(bytes));
    else {
      this.#bytes.set(bytes, this.#at);
      this.#at += bytes.length;
    }
    this.#pad(bytes.length, representation);
  }

  #filled(
    tag: Tag,
    { vr, length, fill }: { readonly vr: string; readonly length: number; readonly fill: (into: Uint8Array) => void },
    representation: ValueRepresentation | undefined,
  ): void {
    if (representation?.kind !== 'bytes') throw new Error(`${tagText(tag)} ${vr}: only bytes are filled in`);
    this.#header(tag, vr, representation.header, length);
    this.#later(length, fill);
    this.#pad(length, representation);
  }

  #later(length: number, fill: (into: Uint8Array) => void): void {
    this.#large.push({ at: this.#at, length, fill });
    this.#largeLength += length;
  }

  #sequence(tag: Tag, element: Extract<Element, { readonly items: unknown }>, repertoire: Repertoire): void {
    const known = element.shared && sharedSequences.get(element);
    if (known?.tag === tag && known.repertoire === repertoire) return this.raw(known.bytes);
    const start = this.#at;
    const largeBefore = this.#largeLength;
    this.#header(tag, 'SQ', 'long', 0);
    const first = this.length;
    const lengthAt = this.#at - 4;
    for (const item of element.items) this.#item(item, repertoire);
    const length = this.length - first;
    if (length > LONGEST) throw new Error(`${tagText(tag)} SQ: value too long`);
    this.#view.setUint32(lengthAt, length, true);
    if (element.shared && this.#largeLength === largeBefore)
      sharedSequences.set(element, { tag, repertoire, bytes: Uint8Array.from(this.#bytes.subarray(start, this.#at)) });
  }

  #item(item: Elements, repertoire: Repertoire): void {
    this.#reserve(8);
    this.#view.setUint16(this.#at, ITEM_TAG >>> 16, true);
    this.#view.setUint16(this.#at + 2, ITEM_TAG & 0xffff, true);
    const lengthAt = this.#at + 4;
    this.#at += 8;
    const first = this.length;
    this.dataSet(item, repertoire);
    this.#view.setUint32(lengthAt, this.length - first, true);
  }

  /** Makes room for the value too, but for a large one. */
  #header(tag: Tag, vr: string, form: 'short' | 'long', bytes: number): void {
    const length = bytes + (bytes % 2);
    if (length > (form === 'short' ? LONGEST_SHORT : LONGEST)) throw new Error(`${tagText(tag)} ${vr}: value too long`);
    this.#reserve(12 + (length > LARGE ? 1 : length));
    const view = this.#view;
    const at = this.#at;
    view.setUint16(at, tag >>> 16, true);
    view.setUint16(at + 2, tag & 0xffff, true);
    view.setUint8(at + 4, vr.charCodeAt(0));
    view.setUint8(at + 5, vr.charCodeAt(1));
    if (form === 'long') {
      view.setUint16(at + 6, 0);
      view.setUint32(at + 8, length, true);
      this.#at = at + 12;
    } else {
      view.setUint16(at + 6, length, true);
      this.#at = at + 8;
    }
  }

  /** At most one byte. */
  #pad(length: number, { kind, pad }: ValueRepresentation): void {
    if (length % 2 === 1) this.#bytes[this.#at++] = kind === 'text' && pad !== 'nul' ? 0x20 : 0;
  }

  #reserve(more: number): void {
    const wanted = this.#at + more;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(wanted, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }
}

/** Shared sequences as they were written, which may stand in a thousand frames: their bytes follow from tag, element and repertoire. */
const sharedSequences = new WeakMap<
  Element,
  { readonly tag: Tag; readonly repertoire: Repertoire; readonly bytes: Uint8Array }
>();

/** Elements in the order of their tags, in which most are given. */
function ascending(elements: Elements): Iterable<readonly [Tag, Element]> {
  let before = 0;
  for (const tag of elements.keys()) {
    if (tag < before) return [...elements].sort(([a], [b]) => a - b);
    before = tag;
  }
  return elements;
}

/** What SpecificCharacterSet of these elements allows us to write; undefined where they do not say. */
function repertoireOf(elements: Elements): Repertoire | undefined {
  const element = elements.get(TAG.SpecificCharacterSet);
  if (!element || 'items' in element || 'fill' in element) return undefined;
  const text = 'bytes' in element ? Buffer.from(element.bytes).toString('latin1') : element.values.join('\\');
  return trimmed(text) === 'ISO_IR 192' ? 'utf-8' : 'ascii';
}
