import { createHmac } from 'node:crypto';

/** What a pseudonym stands for. Kinds are hashed with the value, so that equal values of two kinds have nothing in common. */
export type PseudonymKind =
  | 'key'
  | 'patient-id'
  | 'patient-id-any-issuer'
  | 'study'
  | 'series'
  | 'image'
  | 'report'
  | 'lesion'
  | 'lesion-name'
  | 'observer'
  | 'moment'
  | 'content'
  | 'scanner'
  | 'row'
  | 'patient'
  | 'split'
  | 'date-shift'
  | 'sample'
  | 'dicom-uid';

/** HMAC-SHA-256 under the site's key: without the key nobody can try identifiers until one fits. */
export class Pseudonyms {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** Hexadecimal digits of the keyed hash, 16 unless told. */
  of(kind: PseudonymKind, value: string, digits = 16): string {
    return this.#digest(kind, value).toString('hex').slice(0, digits);
  }

  /** A number in [0, 1) that follows from the value. */
  share(kind: PseudonymKind, value: string): number {
    return this.#digest(kind, value).readUInt32BE(0) / 2 ** 32;
  }

  /** Tells one key from another and gives neither away. */
  fingerprint(): string {
    return this.of('key', 'caliper-harvest-1', 12);
  }

  #digest(kind: PseudonymKind, value: string): Buffer {
    return createHmac('sha256', this.#key).update(`${kind}\n${value}`, 'utf8').digest();
  }
}
