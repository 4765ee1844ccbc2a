import type { Tag } from '../domain/index.js';

/**
 * One element to be written. `values` are checked against their VR when they are encoded (DS and IS may be numbers or their text; AT is the
 * tag as a number); `bytes` are written as they are, little endian, padded to an even length. A `shared` sequence is one object
 * that stands in many places: it is checked and measured once. `fill` writes a long value of so many bytes into the file itself, which is zero
 * there: it need not exist beside the file.
 */
export type Element =
  | { readonly vr: string; readonly values: readonly (string | number)[] }
  | { readonly vr: string; readonly bytes: Uint8Array }
  | { readonly vr: string; readonly length: number; readonly fill: (into: Uint8Array) => void }
  | { readonly vr: 'SQ'; readonly items: readonly Elements[]; readonly shared?: true };

/** A data set to be written, or an item of one. The order of the tags does not matter. */
export type Elements = ReadonlyMap<Tag, Element>;
