import { TAG, tag as tagOfNumber, WRITER_LAYOUT, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../elements.js';
import { trimmed } from '../padding.js';
import { EXPLICIT_LITTLE_ENDIAN } from '../part10/data-set-encoding.js';
import { DataSetWriter } from './data-set-writer.js';

/** Who wrote the file's encoding (PS3.7 D.3.3.2), a UUID of our own: the same in every version. */
const IMPLEMENTATION_CLASS_UID = '2.25.190474850391432330574698699001377405841';

const FILE_META_INFORMATION_GROUP_LENGTH = tagOfNumber(0x00020000);

/** The preamble, which says nothing, and what tells a DICOM file. */
const PREFIX = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]);

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
  const writer = new DataSetWriter();
  writer.raw(PREFIX);
  writer.raw(metaInformation(elements, options.implementationVersionName ?? `CALIPER_${WRITER_LAYOUT}`));
  writer.dataSet(elements);
  return writer.finished();
}

function metaInformation(elements: Elements, implementationVersionName: string): Uint8Array {
  const ui = (value: string): Element => ({ vr: 'UI', values: [value] });
  const rows: readonly (readonly [Tag, Element])[] = [
    [TAG.FileMetaInformationVersion, { vr: 'OB', bytes: Uint8Array.of(0, 1) }],
    [TAG.MediaStorageSOPClassUID, ui(uidIn(elements, TAG.SOPClassUID))],
    [TAG.MediaStorageSOPInstanceUID, ui(uidIn(elements, TAG.SOPInstanceUID))],
    [TAG.TransferSyntaxUID, ui(EXPLICIT_LITTLE_ENDIAN)],
    [TAG.ImplementationClassUID, ui(IMPLEMENTATION_CLASS_UID)],
    [TAG.ImplementationVersionName, { vr: 'SH', values: [implementationVersionName] }],
  ];
  const rest = new DataSetWriter();
  for (const [tag, element] of rows) rest.element(tag, element, 'ascii');
  const meta = new DataSetWriter();
  meta.element(FILE_META_INFORMATION_GROUP_LENGTH, { vr: 'UL', values: [rest.length] }, 'ascii');
  meta.raw(rest.finished());
  return meta.finished();
}

function uidIn(elements: Elements, tag: Tag): string {
  const element = elements.get(tag);
  if (!element || 'items' in element || 'fill' in element)
    throw new Error('a file needs SOPClassUID and SOPInstanceUID');
  if ('values' in element) return String(element.values[0]);
  return trimmed(Buffer.from(element.bytes).toString('latin1'));
}
