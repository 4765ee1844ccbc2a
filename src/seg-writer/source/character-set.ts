import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { vrOf } from '../../dicom/index.js';
import type { Content } from '../../dicom/index.js';

/** How many bytes a character has, as far as it matters for cutting a value. */
export type CharacterWidth = 'one-byte' | 'utf-8' | 'varying';

/**
 * How texts of a source are written: as their bytes stand, under its own SpecificCharacterSet, or decoded and in UTF-8. Code extensions (several
 * character sets in one data set, PS3.5 6.1.2.4) are converted, since viewers refuse them; where they cannot be decoded whole, the bytes stay, which
 * loses nothing.
 */
export type TextForm = 'as-stored' | 'converted' | 'not-convertible';

const UTF_8 = 'ISO_IR 192';
/** The default repertoire is named by the absence of the attribute (PS3.3 C.12.1.1.2); some writers spell it out. */
const DEFAULT_REPERTOIRE: ReadonlySet<string> = new Set(['ISO_IR 6', 'ISO 2022 IR 6']);
const MULTI_BYTE: ReadonlySet<string> = new Set(['GB18030', 'GBK']);
/** Terms of PS3.3 C.12.1.1.2 by their registration number; spelling is taken as loosely as when they are decoded. */
const KNOWN_TERM =
  /^(ISO[ _-]*(2022)?[ _-]*IR[ _-]*(6|13|58|87|100|101|109|110|126|127|138|144|148|149|159|166|192|203)|GB18030|GBK)$/i;

/**
 * SpecificCharacterSet of an object that copies texts of this source: the source's own, where its bytes are copied. A data set that was read from
 * JSON has characters, which are written as UTF-8. Left out where the source has none.
 */
export function characterSetOf(source: DataSet): Content {
  if (isDecoded(source) || textFormOf(source) === 'converted') return UTF_8;
  const terms = declaredTerms(source);
  // As bytes: a misspelt term is still what the copied texts are read by.
  return terms.length === 0 ? undefined : { vr: 'CS', bytes: new TextEncoder().encode(terms.join('\\')) };
}

export function characterWidthOf(source: DataSet): CharacterWidth {
  if (isDecoded(source) || textFormOf(source) === 'converted') return 'utf-8';
  const terms = declaredTerms(source);
  if (terms.length > 1 || terms.some((term) => MULTI_BYTE.has(term))) return 'varying';
  return terms[0] === UTF_8 ? 'utf-8' : 'one-byte';
}

export function textFormOf(source: DataSet): TextForm {
  const known = forms.get(source);
  if (known) return known;
  const terms = isDecoded(source) ? [] : declaredTerms(source);
  const form =
    terms.length < 2
      ? 'as-stored'
      : terms.every((term) => term === '' || KNOWN_TERM.test(term)) && isDecodable(source)
        ? 'converted'
        : 'not-convertible';
  forms.set(source, form);
  return form;
}

const forms = new WeakMap<DataSet, TextForm>();

/** Groups that are copied from: patient, study, equipment. */
const LAST_COPIED_GROUP = 0x0020;

/** Whether every text that may be copied is characters: what cannot be decoded becomes U+FFFD, which none of these sets has. */
function isDecodable(elements: DataSet): boolean {
  return elements.tags().every((tag) => {
    if (tag >>> 16 > LAST_COPIED_GROUP || isPrivate(tag)) return true;
    const vr = vrOf(tag);
    if (vr === 'SQ') return elements.items(tag).every(isDecodable);
    return (
      vr === undefined || !CHARACTER_SET_VRS.has(vr) || !elements.texts(tag).some((text) => text.includes('\ufffd'))
    );
  });
}

export const isPrivate = (tag: Tag): boolean => ((tag >>> 16) & 1) === 1;

/** VRs whose values follow SpecificCharacterSet (PS3.5 6.1.2.3). */
export const CHARACTER_SET_VRS: ReadonlySet<string> = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);

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
