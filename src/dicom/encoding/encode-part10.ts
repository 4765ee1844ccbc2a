import { TAG, tag as tagOfNumber, WRITER_LAYOUT, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../elements.js';
import { trimmed } from '../padding.js';
import { EXPLICIT_LITTLE_ENDIAN } from '../part10/data-set-encoding.js';
import {
  headerLength,
  planDataSet,
  planElement,
  type PlannedContent,
  type PlannedDataSet,
  type PlannedElement,
} from './element-plan.js';

/** Who wrote the file's encoding (PS3.7 D.3.3.2), a UUID of our own: the same in every version. */
const IMPLEMENTATION_CLASS_UID = '2.25.190474850391432330574698699001377405841';

const FILE_META_INFORMATION_GROUP_LENGTH = tagOfNumber(0x00020000);

const PREAMBLE = 128;
const ITEM_TAG = 0xfffee000;

export interface EncodeOptions {
  /** At most 16 characters. */
  readonly implementationVersionName?: string;
}

/**
 * A DICOM file (PS3.10) in Explicit VR Little Endian, every length defined, tags in order, values padded to even lengths; group 2 is made here.
 * The same elements give the same bytes. Text is written as UTF-8 where the elements declare ISO_IR 192 and must be ASCII otherwise; what is given
 * as bytes is written as it is. Throws on anything that the VR does not allow.
 */
export function encodePart10(elements: Elements, options: EncodeOptions = {}): Uint8Array {
  const dataSet = planDataSet(elements);
  const meta = planMeta(elements, options.implementationVersionName ?? `CALIPER_${WRITER_LAYOUT}`);
  const total = PREAMBLE + 4 + meta.length + dataSet.length;
  const writer = new Writer(Buffer.allocUnsafeSlow(total));
  writer.prefix();
  writer.dataSet(meta);
  writer.dataSet(dataSet);
  return writer.finished();
}

function planMeta(elements: Elements, implementationVersionName: string): PlannedDataSet {
  const ui = (value: string): Element => ({ vr: 'UI', values: [value] });
  const rows: readonly (readonly [Tag, Element])[] = [
    [TAG.FileMetaInformationVersion, { vr: 'OB', bytes: Uint8Array.of(0, 1) }],
    [TAG.MediaStorageSOPClassUID, ui(uidIn(elements, TAG.SOPClassUID))],
    [TAG.MediaStorageSOPInstanceUID, ui(uidIn(elements, TAG.SOPInstanceUID))],
    [TAG.TransferSyntaxUID, ui(EXPLICIT_LITTLE_ENDIAN)],
    [TAG.ImplementationClassUID, ui(IMPLEMENTATION_CLASS_UID)],
    [TAG.ImplementationVersionName, { vr: 'SH', values: [implementationVersionName] }],
  ];
  const rest = rows.map(([tag, element]) => planElement(tag, element, 'ascii'));
  const restLength = rest.reduce((sum, element) => sum + headerLength(element) + element.length, 0);
  const groupLength = planElement(FILE_META_INFORMATION_GROUP_LENGTH, { vr: 'UL', values: [restLength] }, 'ascii');
  return { elements: [groupLength, ...rest], length: headerLength(groupLength) + groupLength.length + restLength };
}

function uidIn(elements: Elements, tag: Tag): string {
  const element = elements.get(tag);
  if (!element || 'items' in element) throw new Error('a file needs SOPClassUID and SOPInstanceUID');
  if ('values' in element) return String(element.values[0]);
  return trimmed(Buffer.from(element.bytes).toString('latin1'));
}

class Writer {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  prefix(): void {
    this.#bytes.fill(0, 0, PREAMBLE);
    this.#bytes.write('DICM', PREAMBLE, 'latin1');
    this.#at = PREAMBLE + 4;
  }

  dataSet(dataSet: PlannedDataSet): void {
    for (const element of dataSet.elements) this.#element(element);
  }

  finished(): Uint8Array {
    if (this.#at !== this.#bytes.length) throw new Error('measured and written lengths differ');
    return this.#bytes;
  }

  #element(element: PlannedElement): void {
    const view = this.#view;
    const at = this.#at;
    view.setUint16(at, element.tag >>> 16, true);
    view.setUint16(at + 2, element.tag & 0xffff, true);
    view.setUint8(at + 4, element.vr.charCodeAt(0));
    view.setUint8(at + 5, element.vr.charCodeAt(1));
    if (element.header === 'long') {
      view.setUint16(at + 6, 0);
      view.setUint32(at + 8, element.length, true);
    } else view.setUint16(at + 6, element.length, true);
    const value = at + headerLength(element);
    this.#at = value;
    this.#content(element.content);
    // at most one byte of padding
    if (this.#at < value + element.length) this.#bytes[this.#at++] = element.pad;
  }

  #content(content: PlannedContent): void {
    switch (content.kind) {
      case 'text':
        this.#at += this.#bytes.write(content.text, this.#at, content.encoding);
        return;
      case 'numbers':
        for (const value of content.values) {
          content.writer.write(this.#view, this.#at, value);
          this.#at += content.writer.size;
        }
        return;
      case 'bytes':
        this.#bytes.set(content.bytes, this.#at);
        this.#at += content.bytes.length;
        return;
      case 'items':
        for (const item of content.items) {
          this.#view.setUint16(this.#at, ITEM_TAG >>> 16, true);
          this.#view.setUint16(this.#at + 2, ITEM_TAG & 0xffff, true);
          this.#view.setUint32(this.#at + 4, item.length, true);
          this.#at += 8;
          this.dataSet(item);
        }
    }
  }
}
