import { code, type CodedConcept } from '../../domain/index.js';
import { SNOMED_RT } from './snomed-rt.js';

/** The three designators of the old SNOMED values; SCT is what they are written as. */
const SNOMED_RT_SCHEMES: ReadonlySet<string> = new Set(['SRT', 'SNM3', '99SDM']);

/** CID 7150. */
export const MORPHOLOGICALLY_ABNORMAL_STRUCTURE = code('49755003', 'SCT', 'Morphologically Abnormal Structure');

export const LESION = code('52988006', 'SCT', 'Lesion');

/** Findings that become the type of a segment (CID 7159 and lymphadenopathy), by SNOMED CT value. */
export const FINDING_TYPES: ReadonlyMap<string, CodedConcept> = new Map(
  [
    LESION,
    code('4147007', 'SCT', 'Mass'),
    code('27925004', 'SCT', 'Nodule'),
    code('108369006', 'SCT', 'Neoplasm'),
    code('372087000', 'SCT', 'Neoplasm, Primary'),
    code('14799000', 'SCT', 'Neoplasm, Secondary'),
    code('367643001', 'SCT', 'Cyst'),
    code('44132006', 'SCT', 'Abscess'),
    code('30746006', 'SCT', 'Lymphadenopathy'),
    code('55584005', 'SCT', 'Embolus'),
    code('79654002', 'SCT', 'Edema'),
    code('75753009', 'SCT', 'Blood clot'),
    code('6574001', 'SCT', 'Necrosis'),
    code('50960005', 'SCT', 'Hemorrhage'),
    code('409774005', 'SCT', 'Inflammation'),
  ].map((concept) => [concept.value, concept]),
);

/** SNOMED CT values that say the same as one of the types above. */
export const FINDING_SYNONYMS: ReadonlyMap<string, string> = new Map([['86049000', '372087000']]);

/** CID 244. */
export const LATERALITIES: ReadonlyMap<string, CodedConcept> = new Map(
  [
    code('24028007', 'SCT', 'Right'),
    code('7771000', 'SCT', 'Left'),
    code('51440002', 'SCT', 'Bilateral'),
    code('66459002', 'SCT', 'Unilateral'),
  ].map((concept) => [concept.value, concept]),
);

const LYMPH_NODE_RT = /^T-C4/;
const LYMPH_NODES: ReadonlySet<string> = new Set(
  Object.entries(SNOMED_RT).flatMap(([old, concept]) => (concept && LYMPH_NODE_RT.test(old) ? [concept[0]] : [])),
);

/** Whether a concept is a lymph node or a group of them (59441001 and CID 7600). */
export const isLymphNode = (concept: CodedConcept): boolean =>
  concept.scheme === 'SCT' && LYMPH_NODES.has(concept.value);

/** Meanings of the SNOMED CT values that the translation knows, in English. */
const ENGLISH: ReadonlyMap<string, string> = new Map(
  Object.values(SNOMED_RT).flatMap((concept) => (concept ? [[concept[0], concept[1]] as const] : [])),
);

/**
 * A report's code as it may be written: old SNOMED values by their SNOMED CT concept, every other code as it came. Undefined where it cannot
 * be: no value, scheme or meaning, an old SNOMED value without a successor here, or a meaning that is not ASCII and not known in English
 * (own strings stand beside the source's in the source's character set, of which ASCII is the common part).
 */
export function writableCode(concept: CodedConcept): CodedConcept | undefined {
  const value = concept.value.trim();
  const scheme = concept.scheme.trim();
  if (value === '' || scheme === '' || !isPlain(value) || !isPlain(scheme) || scheme.length > 16) return undefined;
  if (SNOMED_RT_SCHEMES.has(scheme)) {
    const current = SNOMED_RT[value];
    return current && code(current[0], 'SCT', current[1]);
  }
  const meaning = isPlain(concept.meaning) ? concept.meaning.trim() : scheme === 'SCT' ? ENGLISH.get(value) : undefined;
  return meaning === undefined || meaning === '' ? undefined : code(value, scheme, meaning.slice(0, 64).trim());
}

/** Printable ASCII without the backslash, which separates values. */
export const isPlain = (text: string): boolean => /^[\x20-\x5b\x5d-\x7e]*$/.test(text);
