import { TAG, tag as tagOfNumber, type DataSet, type Tag } from '../../domain/index.js';
import { characterSetOf } from '../character-sets/character-set.js';
import type { CharacterSet, Delimiters } from '../character-sets/decoding.js';
import { numberOfText } from '../decimal-text.js';
import { trimmed } from '../padding.js';
import { VALUE_REPRESENTATIONS } from '../value-representations.js';
import { binaryValues, inLittleEndian } from '../binary-values.js';
import { BIG_ENDIAN, ELEMENT, ENCAPSULATED, ITEM, KIND_MASK, SEQUENCE, type ElementTape } from './element-tape.js';

const SPACE = 0x20;
const NUL = 0;
const ESC = 0x1b;

/** Elements of a data set beyond which looking through them costs more than an index. */
const LONG_DATA_SET = 32;

const NO_TEXTS: readonly string[] = [];

/** What text of a VR is, by the VR as the tape has it: asked for every text that is read. */
const TEXT_OF_VR: ReadonlyMap<number, { readonly delimiters: Delimiters; readonly charset: boolean }> = new Map(
  [...VALUE_REPRESENTATIONS].flatMap(([vr, { kind, single, charset }]) => {
    if (kind !== 'text') return [];
    const delimiters: Delimiters = single === true ? 'paragraph' : vr === 'PN' ? 'person-name' : 'values';
    return [[(vr.charCodeAt(0) << 8) | vr.charCodeAt(1), { delimiters, charset: charset === true }]];
  }),
);

const DEFAULT_REPERTOIRE = characterSetOf([]);

/**
 * A data set, or an item of one, over the bytes it was read from. Nothing is decoded before it is asked for and nothing is copied but big-endian
 * values. An element that occurs twice counts as its last occurrence.
 */
export class Part10DataSet implements DataSet {
  readonly #bytes: Buffer;
  readonly #tape: ElementTape;
  readonly #start: number;
  readonly #end: number;
  readonly #parent: Part10DataSet | undefined;
  #ownCharacterSet: CharacterSet | undefined;
  #index: Map<number, number> | undefined;

  constructor(bytes: Buffer, tape: ElementTape, start: number, end: number, parent?: Part10DataSet) {
    this.#bytes = bytes;
    this.#tape = tape;
    this.#start = start;
    this.#end = end;
    this.#parent = parent;
  }

  /** The entry of a tag, -1 where it is absent. Items are short and are looked through; a long data set gets an index when it is first asked. */
  #find(tag: number): number {
    if (this.#index) return this.#index.get(tag) ?? -1;
    const { tags, next } = this.#tape;
    let found = -1;
    let steps = 0;
    for (let at = this.#start; at < this.#end; at = next[at]!, steps++) if (tags[at] === tag) found = at;
    if (steps > LONG_DATA_SET) {
      this.#index = new Map();
      for (let at = this.#start; at < this.#end; at = next[at]!) this.#index.set(tags[at]!, at);
    }
    return found;
  }

  has(tag: Tag): boolean {
    return this.#find(tag >>> 0) >= 0;
  }

  tags(): readonly Tag[] {
    const found: Tag[] = [];
    let sorted = true;
    for (let at = this.#start; at < this.#end; at = this.#tape.next[at]!) {
      const tag = tagOfNumber(this.#tape.tags[at]!);
      if (found.length > 0 && tag <= found.at(-1)!) sorted = false;
      found.push(tag);
    }
    return sorted ? found : [...new Set(found)].sort((a, b) => a - b);
  }

  vr(tag: Tag): string | undefined {
    const at = this.#find(tag >>> 0);
    return at < 0 ? undefined : this.#vrAt(at);
  }

  #vrAt(at: number): string | undefined {
    const code = this.#tape.vrs[at]!;
    if (code === 0) return 'UN';
    const vr = String.fromCharCode(code >> 8, code & 0xff);
    if (vr === 'ox') return (this.#tape.kinds[at]! & KIND_MASK) === ENCAPSULATED ? 'OB' : 'OW';
    if (vr === 'lt') return 'US';
    return vr === 'xs' ? (this.#signedPixels() ? 'SS' : 'US') : vr;
  }

  /** PixelRepresentation decides between US and SS where the encoding is implicit (PS3.5 A.1); it may stand in a data set further out. */
  #signedPixels(): boolean {
    const at = this.#find(TAG.PixelRepresentation);
    if (at >= 0) return this.#numbersAt(at)[0] === 1;
    return this.#parent === undefined ? false : this.#parent.#signedPixels();
  }

  #characterSet(): CharacterSet {
    if (this.#ownCharacterSet) return this.#ownCharacterSet;
    const at = this.#find(TAG.SpecificCharacterSet);
    if (at >= 0) this.#ownCharacterSet = characterSetOf(this.#textsAt(at));
    else this.#ownCharacterSet = this.#parent ? this.#parent.#characterSet() : DEFAULT_REPERTOIRE;
    return this.#ownCharacterSet;
  }

  text(tag: Tag): string | undefined {
    const at = this.#find(tag >>> 0);
    return at < 0 ? undefined : this.#firstText(at) || undefined;
  }

  /** The first value alone, mostly the only one: no list is made for it. */
  #firstText(at: number): string | undefined {
    const of = TEXT_OF_VR.get(this.#tape.vrs[at]!);
    if (!of || of.delimiters === 'person-name' || (this.#tape.kinds[at]! & KIND_MASK) !== 0)
      return this.#textsAt(at)[0];
    const text = this.#decoded(at, of.delimiters, of.charset);
    const backslash = of.delimiters === 'paragraph' ? -1 : text.indexOf('\\');
    return backslash < 0 ? text : trimmed(text.slice(0, backslash));
  }

  texts(tag: Tag): readonly string[] {
    const at = this.#find(tag >>> 0);
    return at < 0 ? NO_TEXTS : this.#textsAt(at);
  }

  #textsAt(at: number): readonly string[] {
    if ((this.#tape.kinds[at]! & KIND_MASK) !== 0) return NO_TEXTS;
    const of = TEXT_OF_VR.get(this.#tape.vrs[at]!);
    if (of) return this.#decodedTexts(at, of.delimiters, of.charset);
    const vr = this.#vrAt(at)!;
    switch (VALUE_REPRESENTATIONS.get(vr)?.kind) {
      case 'number':
        return this.#binary(at, vr).map(String);
      case 'tag':
        return this.#binary(at, vr).map((value) => value.toString(16).toUpperCase().padStart(8, '0'));
      default:
        return NO_TEXTS;
    }
  }

  #decodedTexts(at: number, delimiters: Delimiters, charset: boolean): readonly string[] {
    const text = this.#decoded(at, delimiters, charset);
    if (text === '') return NO_TEXTS;
    if (delimiters === 'paragraph') return [text];
    const values = text.includes('\\') ? text.split('\\').map(trimmed) : [text];
    return delimiters === 'person-name' ? values.map(withoutEmptyGroups) : values;
  }

  /** All values with the delimiters between them, without what pads them. */
  #decoded(at: number, delimiters: Delimiters, charset: boolean): string {
    const bytes = this.#bytes;
    let start = this.#tape.offsets[at]!;
    let end = start + this.#tape.lengths[at]!;
    while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === NUL)) end--;
    if (delimiters !== 'paragraph') while (start < end && bytes[start] === SPACE) start++;
    if (start === end) return '';
    let ascii = true;
    if (charset)
      for (let i = start; i < end && ascii; i++) {
        const byte = bytes[i]!;
        ascii = byte < 0x80 && byte !== ESC;
      }
    return ascii
      ? this.#tape.shortTexts.of(bytes, start, end)
      : this.#characterSet().decode(bytes.subarray(start, end), delimiters);
  }

  number(tag: Tag): number | undefined {
    const value = this.numbers(tag)[0];
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  }

  numbers(tag: Tag): readonly number[] {
    const at = this.#find(tag >>> 0);
    return at < 0 ? [] : this.#numbersAt(at);
  }

  #numbersAt(at: number): readonly number[] {
    if ((this.#tape.kinds[at]! & KIND_MASK) !== 0) return [];
    const vr = this.#vrAt(at)!;
    return VALUE_REPRESENTATIONS.get(vr)?.kind === 'text'
      ? this.#textsAt(at).map(numberOfText)
      : this.#binary(at, vr).map(Number);
  }

  #binary(at: number, vr: string): readonly (number | bigint)[] {
    const big = (this.#tape.kinds[at]! & BIG_ENDIAN) !== 0;
    return binaryValues(this.#valueBytes(at), vr, big ? 'big' : 'little');
  }

  #valueBytes(at: number): Uint8Array {
    const start = this.#tape.offsets[at]!;
    return this.#bytes.subarray(start, start + this.#tape.lengths[at]!);
  }

  bytes(tag: Tag): Uint8Array | undefined {
    const at = this.#find(tag >>> 0);
    if (at < 0 || (this.#tape.kinds[at]! & KIND_MASK) !== 0) return undefined;
    const bytes = this.#valueBytes(at);
    if ((this.#tape.kinds[at]! & BIG_ENDIAN) === 0) return bytes;
    const { kind, size } = VALUE_REPRESENTATIONS.get(this.#vrAt(at)!) ?? {};
    // an AT is two words
    return size === undefined || size === 1 ? bytes : inLittleEndian(bytes, kind === 'tag' ? 2 : size);
  }

  items(tag: Tag): readonly DataSet[] {
    const at = this.#find(tag >>> 0);
    if (at < 0 || (this.#tape.kinds[at]! & KIND_MASK) !== SEQUENCE) return [];
    const { next, kinds } = this.#tape;
    const end = next[at]!;
    // most sequences have one item; a list that grows item by item would take room for many
    const first = at + 1;
    if (first < end && next[first]! === end && (kinds[first]! & KIND_MASK) === ITEM) return [this.#itemAt(first)];
    const items: DataSet[] = [];
    for (let item = first; item < end; item = next[item]!)
      if ((kinds[item]! & KIND_MASK) === ITEM) items.push(this.#itemAt(item));
    return items;
  }

  #itemAt(entry: number): Part10DataSet {
    return new Part10DataSet(this.#bytes, this.#tape, entry + 1, this.#tape.next[entry]!, this);
  }

  /** Whether both hold the same bytes for a tag, or neither any. */
  holdsSameBytes(other: Part10DataSet, tag: Tag): boolean {
    const at = this.#find(tag >>> 0);
    const there = other.#find(tag >>> 0);
    const held = at >= 0 && (this.#tape.kinds[at]! & KIND_MASK) === 0;
    const heldThere = there >= 0 && (other.#tape.kinds[there]! & KIND_MASK) === 0;
    if (!held || !heldThere) return held === heldThere;
    if (((this.#tape.kinds[at]! | other.#tape.kinds[there]!) & BIG_ENDIAN) !== 0)
      return Buffer.compare(this.bytes(tag)!, other.bytes(tag)!) === 0;
    return this.#sameBytes(at, other, there);
  }

  #sameBytes(at: number, other: Part10DataSet, there: number): boolean {
    const length = this.#tape.lengths[at]!;
    if (length !== other.#tape.lengths[there]!) return false;
    const [a, b] = [this.#bytes, other.#bytes];
    const [start, startThere] = [this.#tape.offsets[at]!, other.#tape.offsets[there]!];
    for (let i = 0; i < length; i++) if (a[start + i] !== b[startThere + i]) return false;
    return true;
  }

  /** See `changedElements`. */
  changedFrom(other: Part10DataSet): readonly Part10DataSet[] | undefined {
    const tape = this.#tape;
    const length = this.#end - this.#start;
    if (tape !== other.#tape || length !== other.#end - other.#start) return undefined;
    const { tags, vrs, kinds, next } = tape;
    const away = other.#start - this.#start;
    const changed: Part10DataSet[] = [];
    for (let at = this.#start; at < this.#end; at++) {
      const there = at + away;
      const tag = tags[at]!;
      const kind = kinds[at]!;
      if (tag !== tags[there] || vrs[at] !== vrs[there] || kind !== kinds[there] || next[at]! + away !== next[there])
        return undefined;
      // what is read otherwise because of them must be read as a whole
      if (tag === TAG.SpecificCharacterSet || tag === TAG.PixelRepresentation) return undefined;
      const holdsValue = (kind & KIND_MASK) === ELEMENT || (kind & KIND_MASK) === ENCAPSULATED;
      if (holdsValue && !this.#sameBytes(at, other, there))
        changed.push(new Part10DataSet(this.#bytes, tape, at, at + 1, this));
    }
    return changed;
  }

  /** The bytes of encapsulated pixel data, its item headers included; undefined where the element is not encapsulated. */
  encapsulated(tag: Tag): Uint8Array | undefined {
    const at = this.#find(tag >>> 0);
    return at >= 0 && (this.#tape.kinds[at]! & KIND_MASK) === ENCAPSULATED ? this.#valueBytes(at) : undefined;
  }
}

/** Delimiters of absent component groups at the end of a person name may be left out (PS3.5 6.2.1.1), so they say nothing. */
const withoutEmptyGroups = (name: string): string => (name.endsWith('=') ? name.replace(/=+$/, '') : name);
