import { TAG, type Tag } from '../../domain/index.js';

/** Copied attributes whose values PS3.3 enumerates (C.7.1.1): another value is not written. */
export const ENUMERATIONS: ReadonlyMap<Tag, readonly string[]> = new Map([
  [TAG.PatientSex, ['M', 'F', 'O']],
  [TAG.PatientIdentityRemoved, ['YES', 'NO']],
]);
