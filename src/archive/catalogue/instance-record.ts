import type { InstanceIdentity } from './instance-identity.js';
import type { JsonAttributes } from '../search/dicom-json-values.js';
import { keyOf } from '../search/levels.js';

/** What the archive knows of one file without opening it. */
export interface InstanceRecord extends InstanceIdentity {
  readonly transferSyntaxUID: string;
  /** Relative to the archive's folder, `/` between names, empty for the folder itself. */
  readonly directory: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Modification time in milliseconds, with the fraction that the file system gives. */
  readonly modified: number;
  /** Indexed attributes of study and patient, and of the series; one object for all instances that have the same (see SharedAttributes). */
  readonly study: JsonAttributes;
  readonly series: JsonAttributes;
  /** Of the instance, those that its neighbours usually have too; shared likewise. */
  readonly common: JsonAttributes;
  /** Of the instance, its own, as JSON text: a fraction of the memory of an object, and parsed only when a search gets to it. UIDs are above. */
  readonly own: string;
}

/** Instance attributes that differ from one to the next. */
export const OWN: ReadonlySet<string> = new Set(['InstanceNumber', 'ContentTime'].map(keyOf));

export const pathOfRecord = (record: Pick<InstanceRecord, 'directory' | 'name'>): string =>
  record.directory === '' ? record.name : `${record.directory}/${record.name}`;

/** Gives equal attributes one object: an index of many instances would not fit into memory otherwise. */
export class SharedAttributes {
  readonly #byText = new Map<string, JsonAttributes>();

  share(attributes: JsonAttributes): JsonAttributes {
    const text = JSON.stringify(attributes);
    const known = this.#byText.get(text);
    if (known) return known;
    this.#byText.set(text, attributes);
    return attributes;
  }
}
