import { TAG, tag as tagOfNumber } from '../../domain/index.js';
import { dictionaryVr } from '../dictionary.js';
import { VALUE_REPRESENTATIONS } from '../value-representations.js';
import { BIG_ENDIAN, ELEMENT, ElementTape, ENCAPSULATED, ITEM, SEQUENCE } from './element-tape.js';
import type { Encoding } from './data-set-encoding.js';
import { READ_LIMITS } from './limits.js';
import type { ProblemList } from './read-problem.js';

const ITEM_TAG = 0xfffee000;
const ITEM_DELIMITATION = 0xfffee00d;
const SEQUENCE_DELIMITATION = 0xfffee0dd;
const UNDEFINED = 0xffffffff;

const vrNumber = (vr: string): number => (vr.charCodeAt(0) << 8) | vr.charCodeAt(1);
const SQ = vrNumber('SQ');
const UN = vrNumber('UN');
const KNOWN_VRS = new Set([...VALUE_REPRESENTATIONS.keys()].map(vrNumber));
const LONG_VRS = new Set(
  [...VALUE_REPRESENTATIONS].flatMap(([vr, { header }]) => (header === 'long' ? [vrNumber(vr)] : [])),
);

/** One sequence or data set that is being read. Used again for the next one at its depth: a report has tens of thousands. */
interface Frame {
  is: 'sequence' | 'data-set';
  entry: number;
  /** Where its bytes end at the latest. */
  end: number;
  /** Its end is marked by a delimiter. */
  delimited: boolean;
  explicit: boolean;
  bigEndian: boolean;
}

/** The header of one element: tag, VR (0 = unknown), where the value starts, its length as written. */
interface Header {
  tag: number;
  vr: number;
  value: number;
  length: number;
  /** Stored as UN: what is inside is implicit little endian (PS3.5 6.2.2). */
  asUnknown: boolean;
  /** The VR is the dictionary's. */
  fromDictionary: boolean;
}

/**
 * One pass over the bytes of a data set, with a stack of its own: finds where every element lies and decodes nothing. Any bytes give a tape; what
 * contradicts itself is a problem, and reading goes on where the structure allows it. An element that the end of the file cuts is left out (a
 * half value could pass for a whole one), but for pixel data, whose reader knows its length.
 */
export function scanDataSet(bytes: Buffer, start: number, encoding: Encoding, problems: ProblemList): ElementTape {
  return new Scan(bytes, problems).run(start, encoding);
}

class Scan {
  readonly #tape = new ElementTape();
  /** The first `#depth` of them are being read. */
  readonly #frames: Frame[] = [];
  #depth = 0;
  readonly #bytes: Buffer;
  readonly #problems: ProblemList;
  readonly #header: Header = { tag: 0, vr: 0, value: 0, length: 0, asUnknown: false, fromDictionary: false };
  #at = 0;
  #items = 0;
  #nonZero = -1;
  #bigEndian = false;

  constructor(bytes: Buffer, problems: ProblemList) {
    this.#bytes = bytes;
    this.#problems = problems;
  }

  run(start: number, encoding: Encoding): ElementTape {
    this.#at = start;
    const explicit = encoding.vr === 'explicit';
    this.#enter('data-set', -1, this.#bytes.length, false, explicit, encoding.byteOrder === 'big');
    while (this.#depth > 0) {
      const frame = this.#frames[this.#depth - 1]!;
      this.#bigEndian = frame.bigEndian;
      if (frame.end - this.#at < 8) this.#leaveAtEnd(frame);
      else if (frame.is === 'sequence') this.#readItemHeader(frame);
      else this.#readElement(frame);
    }
    return this.#tape;
  }

  #enter(is: Frame['is'], entry: number, end: number, delimited: boolean, explicit: boolean, bigEndian: boolean): void {
    const frame = this.#frames[this.#depth++];
    if (frame === undefined) this.#frames.push({ is, entry, end, delimited, explicit, bigEndian });
    else {
      frame.is = is;
      frame.entry = entry;
      frame.end = end;
      frame.delimited = delimited;
      frame.explicit = explicit;
      frame.bigEndian = bigEndian;
    }
  }

  #tagAt(at: number): number {
    const b = this.#bytes;
    const tag = this.#bigEndian
      ? (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
      : (b[at + 1]! << 24) | (b[at]! << 16) | (b[at + 3]! << 8) | b[at + 2]!;
    return tag >>> 0;
  }

  #lengthAt(at: number): number {
    const b = this.#bytes;
    const length = this.#bigEndian
      ? (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!
      : (b[at + 3]! << 24) | (b[at + 2]! << 16) | (b[at + 1]! << 8) | b[at]!;
    return length >>> 0;
  }

  #overrun(end: number, at: number): void {
    this.#problems.add(end === this.#bytes.length ? 'truncated' : 'data-set-invalid', at);
  }

  #leave(frame: Frame): void {
    this.#depth--;
    if (frame.entry >= 0) this.#tape.close(frame.entry);
  }

  #stop(): void {
    this.#problems.add('data-set-invalid', this.#at);
    while (this.#depth > 0) this.#leave(this.#frames[this.#depth - 1]!);
  }

  /** Fewer than 8 bytes are left in the frame. */
  #leaveAtEnd(frame: Frame): void {
    const whole = this.#at === frame.end ? !frame.delimited : frame.entry < 0 && this.#onlyZeros(frame.end);
    if (!whole) this.#overrun(frame.end, this.#at);
    this.#at = frame.end;
    this.#leave(frame);
  }

  /** Whether only padding is left. Where the next other byte stands is remembered: asking again and again must not read again and again. */
  #onlyZeros(end: number): boolean {
    if (this.#nonZero < this.#at) {
      this.#nonZero = this.#at;
      while (this.#nonZero < end && this.#bytes[this.#nonZero] === 0) this.#nonZero++;
    }
    return this.#nonZero === end;
  }

  #readItemHeader(sequence: Frame): void {
    const at = this.#at;
    const tag = this.#tagAt(at);
    const length = this.#lengthAt(at + 4);
    if (tag === ITEM_TAG) {
      if (++this.#items > READ_LIMITS.items) return this.#stop();
      const value = at + 8;
      const delimited = length === UNDEFINED;
      let end = delimited ? sequence.end : value + length;
      if (end > sequence.end) {
        this.#overrun(sequence.end, at);
        end = sequence.end;
      }
      const entry = this.#tape.add(ITEM_TAG, 0, value, 0, ITEM);
      this.#at = value;
      this.#enter('data-set', entry, end, delimited, sequence.explicit, sequence.bigEndian);
    } else if (tag === SEQUENCE_DELIMITATION) {
      this.#at += 8;
      if (sequence.delimited) this.#leave(sequence);
      else this.#problems.add('data-set-invalid', at);
    } else {
      this.#problems.add('data-set-invalid', at);
      if (tag === ITEM_DELIMITATION) this.#at += 8;
      else {
        // the delimiter is missing: what comes belongs to the data set around; with a length, what is left of it cannot be understood
        if (!sequence.delimited) this.#at = sequence.end;
        this.#leave(sequence);
      }
    }
  }

  #readElement(frame: Frame): void {
    if (this.#tape.count >= READ_LIMITS.elements) return this.#stop();
    const at = this.#at;
    const tag = this.#tagAt(at);
    if (tag >>> 16 === 0xfffe) return this.#readDelimiter(frame, tag);
    if (tag === 0 && frame.entry < 0 && this.#onlyZeros(frame.end)) {
      this.#at = frame.end;
      return;
    }
    if (!this.#readHeader(frame, tag)) {
      this.#overrun(frame.end, at);
      this.#at = frame.end;
      return;
    }
    const { vr, value, length } = this.#header;
    if (length === UNDEFINED) return this.#readUndefinedLength(frame);
    const end = value + length;
    if (vr === SQ && this.#startsItems(length)) {
      if (end > frame.end) this.#overrun(frame.end, at);
      return this.#enterSequence(frame, Math.min(end, frame.end), false);
    }
    if (end > frame.end) {
      this.#overrun(frame.end, at);
      if (tag >>> 16 === 0x7fe0) this.#addElement(frame, frame.end - value);
      this.#at = frame.end;
      return;
    }
    this.#addElement(frame, length);
    this.#at = end;
  }

  /**
   * Whether what is said to be a sequence is one. Where the dictionary says so and the value does not begin with an item, the dictionary speaks of
   * another attribute than the writer: the value is kept as bytes.
   */
  #startsItems(length: number): boolean {
    const { value, fromDictionary } = this.#header;
    if (!fromDictionary || length === 0 || this.#itemOrder(value) !== undefined) return true;
    this.#header.vr = UN;
    return false;
  }

  /** The byte order of the item or delimiter that starts at `at`; undefined where none does. */
  #itemOrder(at: number): 'little' | 'big' | undefined {
    if (at + 8 > this.#bytes.length) return undefined;
    const first = this.#bytes.readUInt32BE(at);
    if (first === 0xfeff00e0 || first === 0xfeffdde0) return 'little';
    return first === ITEM_TAG || first === SEQUENCE_DELIMITATION ? 'big' : undefined;
  }

  #addElement(frame: Frame, length: number): void {
    const { tag, vr, value } = this.#header;
    this.#tape.add(tag, vr, value, length, frame.bigEndian ? ELEMENT | BIG_ENDIAN : ELEMENT);
  }

  #readDelimiter(frame: Frame, tag: number): void {
    const at = this.#at;
    const length = this.#lengthAt(at + 4);
    if (tag === ITEM_DELIMITATION && frame.delimited) {
      this.#at += 8;
      return this.#leave(frame);
    }
    this.#problems.add('data-set-invalid', at);
    // an item of undefined length without its delimiter: the sequence goes on, or ends, here
    if (frame.delimited && (tag === ITEM_TAG || tag === SEQUENCE_DELIMITATION)) return this.#leave(frame);
    // an item outside a sequence: what it holds must not pass for attributes of the data set around it
    const skipped = tag === ITEM_DELIMITATION || tag === SEQUENCE_DELIMITATION ? 8 : 8 + length;
    this.#at = Math.min(at + skipped, frame.end);
  }

  /** Reads the header at the current place into `#header`; false when it does not fit into the frame. */
  #readHeader(frame: Frame, tag: number): boolean {
    const b = this.#bytes;
    const at = this.#at;
    const header = this.#header;
    header.tag = tag;
    const first = b[at + 4]!;
    const second = b[at + 5]!;
    const letters = first >= 0x41 && first <= 0x5a && second >= 0x41 && second <= 0x5a;
    const vr = (first << 8) | second;
    const short = this.#bigEndian ? (b[at + 6]! << 8) | b[at + 7]! : b[at + 6]! | (b[at + 7]! << 8);
    const implicitLength = this.#lengthAt(at + 4);
    const implicitFits = implicitLength === UNDEFINED || at + 8 + implicitLength <= frame.end;
    // some writers switch inside a sequence: letters that are no VR's, or a length that cannot be, show it
    const explicit = frame.explicit
      ? letters || (!implicitFits && at + 8 + short <= frame.end)
      : !implicitFits && KNOWN_VRS.has(vr);
    header.asUnknown = explicit && vr === UN;
    header.fromDictionary = !explicit || vr === UN || !KNOWN_VRS.has(vr);
    if (!explicit) {
      header.vr = dictionaryVrNumber(tag);
      header.value = at + 8;
      header.length = implicitLength;
      return true;
    }
    // an element stored as UN, or with a VR that does not exist, is what the dictionary knows it to be (PS3.5 6.2.2)
    header.vr = header.fromDictionary ? dictionaryVrNumber(tag) || UN : vr;
    if (!LONG_VRS.has(vr)) {
      header.value = at + 8;
      header.length = short;
      return true;
    }
    if (frame.end - at < 12) return false;
    header.value = at + 12;
    header.length = this.#lengthAt(at + 8);
    return true;
  }

  #enterSequence(frame: Frame, end: number, delimited: boolean): void {
    if (this.#depth > 2 * READ_LIMITS.depth) return this.#stop();
    const { tag, value, asUnknown } = this.#header;
    const order = this.#itemOrder(value) ?? (frame.bigEndian ? 'big' : 'little');
    const entry = this.#tape.add(tag, SQ, value, 0, SEQUENCE);
    this.#at = value;
    this.#enter('sequence', entry, end, delimited, frame.explicit && !asUnknown, order === 'big');
  }

  #readUndefinedLength(frame: Frame): void {
    const { tag, vr, value } = this.#header;
    const startsItems = this.#itemOrder(value) !== undefined;
    if (vr === SQ || ((vr === UN || vr === 0) && startsItems)) return this.#enterSequence(frame, frame.end, true);
    if (startsItems || tag === TAG.PixelData) return this.#readFragments(frame);
    const delimiter = this.#bigEndian ? BIG_SEQUENCE_DELIMITER : LITTLE_SEQUENCE_DELIMITER;
    const length = this.#bytes.subarray(value, frame.end).indexOf(delimiter);
    if (length < 0) {
      this.#overrun(frame.end, this.#at);
      this.#at = frame.end;
      return;
    }
    this.#addElement(frame, length);
    this.#at = value + length + 8;
  }

  #readFragments(frame: Frame): void {
    const { tag, vr, value } = this.#header;
    let at = value;
    let whole = false;
    while (frame.end - at >= 8) {
      const next = this.#tagAt(at);
      if (next === SEQUENCE_DELIMITATION) whole = true;
      if (next !== ITEM_TAG) break;
      const length = this.#lengthAt(at + 4);
      if (at + 8 + length > frame.end) break;
      at += 8 + length;
    }
    if (!whole) this.#overrun(frame.end, at);
    this.#tape.add(tag, vr, value, at - value, ENCAPSULATED);
    this.#at = whole ? at + 8 : frame.end;
  }
}

const LITTLE_SEQUENCE_DELIMITER = Buffer.from('feffdde000000000', 'hex');
const BIG_SEQUENCE_DELIMITER = Buffer.from('fffee0dd00000000', 'hex');

function dictionaryVrNumber(tag: number): number {
  const vr = dictionaryVr(tagOfNumber(tag));
  return vr === undefined || vr === 'na' ? 0 : vrNumber(vr);
}
