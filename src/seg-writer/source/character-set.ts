import { TAG, type DataSet } from '../../domain/index.js';
import type { Content } from '../elements.js';

/** How many bytes a character has, as far as it matters for cutting a value. */
export type CharacterWidth = 'one-byte' | 'utf-8' | 'varying';

const UTF_8 = 'ISO_IR 192';
/** The default repertoire is named by the absence of the attribute (PS3.3 C.12.1.1.2); some writers spell it out. */
const DEFAULT_REPERTOIRE: ReadonlySet<string> = new Set(['ISO_IR 6', 'ISO 2022 IR 6']);
const MULTI_BYTE: ReadonlySet<string> = new Set(['GB18030', 'GBK']);

/**
 * SpecificCharacterSet of an object that copies texts of this source: the source's own, since its bytes are copied. A data set that was read from
 * JSON has characters, which are written as UTF-8. Left out where the source has none.
 */
export function characterSetOf(source: DataSet): Content {
  if (isDecoded(source)) return UTF_8;
  const terms = declaredTerms(source);
  // As bytes: a misspelt term is still what the copied texts are read by.
  return terms.length === 0 ? undefined : { vr: 'CS', bytes: new TextEncoder().encode(terms.join('\\')) };
}

export function characterWidthOf(source: DataSet): CharacterWidth {
  if (isDecoded(source)) return 'utf-8';
  const terms = declaredTerms(source);
  if (terms.length > 1 || terms.some((term) => MULTI_BYTE.has(term))) return 'varying';
  return terms[0] === UTF_8 ? 'utf-8' : 'one-byte';
}

/** Whether texts of the source switch between character sets by escape sequences, as Japanese and Korean ones do (PS3.5 6.1.2.4). */
export const extendsCharacterSet = (source: DataSet): boolean => !isDecoded(source) && declaredTerms(source).length > 1;

/** Whether the source declares nothing, so that only ASCII is legal in it. */
export const declaresNoCharacterSet = (source: DataSet): boolean =>
  !isDecoded(source) && declaredTerms(source).length === 0;

/** The first value may be empty: then the default repertoire is extended. */
function declaredTerms(source: DataSet): readonly string[] {
  const terms = source.texts(TAG.SpecificCharacterSet);
  if (terms.every((term) => term === '')) return [];
  return terms.length === 1 && DEFAULT_REPERTOIRE.has(terms[0]!) ? [] : terms;
}

const isDecoded = (source: DataSet): boolean =>
  source.has(TAG.SOPInstanceUID) && source.bytes(TAG.SOPInstanceUID) === undefined;
