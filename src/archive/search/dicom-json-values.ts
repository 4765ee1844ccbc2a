import type { Tag } from '../../domain/index.js';
import type { DicomJsonDataSet, DicomJsonElement, DicomJsonPersonName } from '../../dicom/index.js';

/** One attribute of the DICOM JSON model (PS3.18 F.2.2) as the archive keeps, matches and sends it, and a data set or item of them. */
export type JsonAttribute = Readonly<DicomJsonElement>;
export type JsonAttributes = Readonly<DicomJsonDataSet>;

export const jsonKeyOf = (tag: Tag): string => (tag >>> 0).toString(16).toUpperCase().padStart(8, '0');

/** Values as text, those of no length left out: numbers in decimal, a person's name with its component groups joined by `=`. */
export function textsOf(attribute: JsonAttribute | undefined): readonly string[] {
  const texts = (attribute?.Value ?? []).map((value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    return value === null || attribute?.vr !== 'PN' ? '' : personNameText(value);
  });
  return texts.filter((text) => text !== '');
}

export function itemsOf(attribute: JsonAttribute | undefined): readonly JsonAttributes[] {
  if (attribute?.vr !== 'SQ') return [];
  return (attribute.Value ?? []).filter((item): item is DicomJsonDataSet => typeof item === 'object' && item !== null);
}

export const hasValue = (attribute: JsonAttribute | undefined): attribute is JsonAttribute =>
  attribute !== undefined &&
  ((attribute.Value?.length ?? 0) > 0 || attribute.BulkDataURI !== undefined || attribute.InlineBinary !== undefined);

function personNameText(value: DicomJsonPersonName | DicomJsonDataSet): string {
  const group = (name: 'Alphabetic' | 'Ideographic' | 'Phonetic'): string => {
    const text = value[name];
    return typeof text === 'string' ? text : '';
  };
  return [group('Alphabetic'), group('Ideographic'), group('Phonetic')].join('=').replace(/=+$/, '');
}
