import { fail, ok, tag as tagOfNumber, type DataSet, type Result, type Tag } from '../../domain/index.js';
import { numberOfText } from '../decimal-text.js';
import { vrOf } from '../dictionary.js';
import { trimmed, withoutPadding } from '../padding.js';
import { binaryValues } from '../binary-values.js';
import { VALUE_REPRESENTATIONS } from '../value-representations.js';
import { tagKey } from './dicom-json.js';

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/**
 * One data set object of the DICOM JSON Model (PS3.18 F.2), as a search or a metadata request answers it. Refused is what is no object or has
 * names but no tag among them (an archive's error message). Total beyond that: what is malformed inside reads as absent or empty.
 */
export function dataSetFromJson(json: unknown): Result<DataSet, 'not-dicom-json'> {
  if (!isObject(json)) return fail('not-dicom-json');
  const dataSet = new JsonDataSet(json);
  return dataSet.tags().length === 0 && Object.keys(json).length > 0 ? fail('not-dicom-json') : ok(dataSet);
}

class JsonDataSet implements DataSet {
  readonly #elements = new Map<Tag, JsonObject>();

  constructor(json: JsonObject) {
    for (const [key, element] of Object.entries(json))
      if (/^[0-9A-Fa-f]{8}$/.test(key) && isObject(element))
        this.#elements.set(tagOfNumber(parseInt(key, 16)), element);
  }

  has(tag: Tag): boolean {
    return this.#elements.has(tag);
  }

  tags(): readonly Tag[] {
    return [...this.#elements.keys()].sort((a, b) => a - b);
  }

  vr(tag: Tag): string | undefined {
    const element = this.#elements.get(tag);
    if (!element) return undefined;
    const vr = element['vr'];
    return typeof vr === 'string' && VALUE_REPRESENTATIONS.get(vr) ? vr : (vrOf(tag) ?? 'UN');
  }

  #values(tag: Tag): readonly unknown[] {
    const value = this.#elements.get(tag)?.['Value'];
    if (Array.isArray(value)) return value;
    return value === undefined || value === null ? [] : [value];
  }

  text(tag: Tag): string | undefined {
    return this.texts(tag)[0] || undefined;
  }

  texts(tag: Tag): readonly string[] {
    const vr = this.vr(tag);
    const representation = VALUE_REPRESENTATIONS.get(vr ?? '');
    if (!representation || representation.kind === 'sequence' || representation.kind === 'bytes') return [];
    const texts = this.#values(tag).flatMap((value) => {
      const text = representation.kind === 'tag' ? tagText(value) : textOf(value);
      // a server that does not split values leaves the delimiter in
      if (representation.single === true) return [withoutPadding(text)];
      return text.split('\\').map(trimmed);
    });
    return texts.length === 1 && texts[0] === '' ? [] : texts;
  }

  number(tag: Tag): number | undefined {
    const value = this.numbers(tag)[0];
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  }

  numbers(tag: Tag): readonly number[] {
    const vr = this.vr(tag) ?? '';
    const kind = VALUE_REPRESENTATIONS.get(vr)?.kind;
    if (kind === 'bytes') return binaryValues(this.bytes(tag) ?? new Uint8Array(0), vr, 'little').map(Number);
    if (kind === 'sequence') return [];
    return this.texts(tag).map(kind === 'tag' ? (hex) => (hex === '' ? NaN : parseInt(hex, 16)) : numberOfText);
  }

  items(tag: Tag): readonly DataSet[] {
    if (this.vr(tag) !== 'SQ') return [];
    return this.#values(tag).map((item) => new JsonDataSet(isObject(item) ? item : {}));
  }

  bytes(tag: Tag): Uint8Array | undefined {
    const element = this.#elements.get(tag);
    if (!element || this.vr(tag) === 'SQ') return undefined;
    const inline = element['InlineBinary'];
    if (typeof inline === 'string') return Buffer.from(inline, 'base64');
    const isEmpty = element['BulkDataURI'] === undefined && this.#values(tag).length === 0;
    return isEmpty ? new Uint8Array(0) : undefined;
  }
}

/** Text of a value: PN groups are joined as Part 10 has them. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (!isObject(value)) return '';
  const groups = ['Alphabetic', 'Ideographic', 'Phonetic'].map((group) => value[group]);
  return groups
    .map((group) => (typeof group === 'string' ? group : ''))
    .join('=')
    .replace(/=+$/, '');
}

/** AT: eight hexadecimal digits; some servers give a number or write `(gggg,eeee)`. */
function tagText(value: unknown): string {
  if (typeof value === 'number') return tagKey(value);
  const hex = typeof value === 'string' ? value.replace(/[(), ]/g, '') : '';
  return /^[0-9A-Fa-f]{8}$/.test(hex) ? hex.toUpperCase() : '';
}
