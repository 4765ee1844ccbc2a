import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { VALUE_REPRESENTATIONS } from '../value-representations.js';
import {
  tagKey,
  type DicomJsonDataSet,
  type DicomJsonElement,
  type DicomJsonPersonName,
  type DicomJsonValue,
} from './dicom-json.js';

export interface DicomJsonOptions {
  /** Where a binary value can be fetched, by its path (`7FE00010`, `52009230/0/00420011`: items count from 0); undefined puts it into the JSON. */
  readonly bulkDataURI?: (path: string) => string | undefined;
  /** Attributes of the data set to be given; all where absent. Sequences are given whole. */
  readonly tags?: ReadonlySet<Tag>;
}

/**
 * A data set in the DICOM JSON Model (PS3.18 F.2). All text is Unicode, so SpecificCharacterSet says ISO_IR 192 where there is one; group lengths
 * are left out. Encapsulated pixel data has no form in JSON and is given as BulkDataURI or not at all.
 */
export function dicomJsonOf(dataSet: DataSet, options: DicomJsonOptions = {}): DicomJsonDataSet {
  return objectOf(dataSet, options, '', options.tags);
}

function objectOf(
  dataSet: DataSet,
  options: DicomJsonOptions,
  path: string,
  wanted: ReadonlySet<Tag> | undefined,
): DicomJsonDataSet {
  const json: DicomJsonDataSet = {};
  for (const tag of dataSet.tags()) {
    if ((tag & 0xffff) === 0 || wanted?.has(tag) === false) continue;
    const key = tagKey(tag);
    const element = elementOf(dataSet, tag, options, path + key);
    if (element) json[key] = element;
  }
  return json;
}

function elementOf(dataSet: DataSet, tag: Tag, options: DicomJsonOptions, path: string): DicomJsonElement | undefined {
  const stored = dataSet.vr(tag) ?? 'UN';
  const vr = VALUE_REPRESENTATIONS.get(stored) ? stored : 'UN';
  if (VALUE_REPRESENTATIONS.get(vr)?.kind === 'bytes') return binaryOf(dataSet, tag, vr, options, path);
  const values = valuesOf(dataSet, tag, vr, options, path);
  return values.length === 0 ? { vr } : { vr, Value: values };
}

function binaryOf(
  dataSet: DataSet,
  tag: Tag,
  vr: string,
  options: DicomJsonOptions,
  path: string,
): DicomJsonElement | undefined {
  const bytes = dataSet.bytes(tag);
  if (bytes?.length === 0) return { vr };
  const uri = options.bulkDataURI?.(path);
  if (uri !== undefined) return { vr, BulkDataURI: uri };
  if (!bytes) return undefined;
  return { vr, InlineBinary: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') };
}

function valuesOf(dataSet: DataSet, tag: Tag, vr: string, options: DicomJsonOptions, path: string): DicomJsonValue[] {
  if (vr === 'SQ')
    return dataSet.items(tag).map((item, index) => objectOf(item, options, `${path}/${index}/`, undefined));
  const texts = dataSet.texts(tag);
  if (tag === TAG.SpecificCharacterSet) return texts.length === 0 ? [] : ['ISO_IR 192'];
  if (vr === 'PN') return texts.map(personNameOf);
  if (vr === 'AT' || (VALUE_REPRESENTATIONS.get(vr)?.kind === 'text' && vr !== 'DS' && vr !== 'IS'))
    return texts.map((text) => (text === '' ? null : text));
  const numbers = dataSet.numbers(tag);
  return texts.map((text, index) => {
    if (text === '') return null;
    const number = numbers[index] ?? NaN;
    // what is no JSON number, or would lose digits as one, stays text
    return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
  });
}

function personNameOf(text: string): DicomJsonPersonName | null {
  const [alphabetic, ideographic, phonetic] = text.split('=');
  const name: DicomJsonPersonName = {};
  if (alphabetic) name.Alphabetic = alphabetic;
  if (ideographic) name.Ideographic = ideographic;
  if (phonetic) name.Phonetic = phonetic;
  return text === '' ? null : name;
}
