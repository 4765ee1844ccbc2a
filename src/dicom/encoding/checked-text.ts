import { isUid } from '../../domain/index.js';
import { numberOfText } from '../decimal-text.js';
import type { ValueRepresentation } from '../value-representations.js';

/** What one value of a text VR must look like (PS3.5 table 6.2-1), beyond its length. */
const PATTERNS: Readonly<Record<string, RegExp>> = {
  AE: /^[\x20-\x5b\x5d-\x7e]*$/,
  AS: /^\d{3}[DWMY]$/,
  CS: /^[A-Z0-9_ ]*$/,
  DA: /^\d{8}$/,
  DT: /^\d{4}(\d\d){0,5}(\.\d{1,6})?([+-]\d{4})?$/,
  IS: /^[+-]?\d+$/,
  TM: /^\d\d(\d\d(\d\d(\.\d{1,6})?)?)?$/,
};
const CONTROL = /\p{Cc}/u;
const LINE_ENDS = /[\t\n\f\r]/g;
const NOT_ASCII = /[\u0080-\uffff]/;

export type TextFault = 'illegal value' | 'value too long' | 'not ASCII' | 'several values';

/**
 * The text of an element's values, joined; or what is wrong with them. An empty value is legal at any place. `repertoire`: `utf-8` where the data
 * set declares ISO_IR 192.
 */
export function checkedText(
  vr: string,
  representation: ValueRepresentation,
  values: readonly (string | number)[],
  repertoire: 'ascii' | 'utf-8',
): { readonly text: string } | { readonly fault: TextFault } {
  if (representation.single === true && values.length > 1) return { fault: 'several values' };
  const texts = values.map(String);
  for (const text of texts) {
    const fault = text === '' ? undefined : faultOf(vr, representation, text, repertoire);
    if (fault) return { fault };
  }
  return { text: texts.join('\\') };
}

function faultOf(
  vr: string,
  representation: ValueRepresentation,
  text: string,
  repertoire: 'ascii' | 'utf-8',
): TextFault | undefined {
  const { longest: most = Infinity } = representation;
  if (text.length <= most && isPlain(text)) return isLegal(vr, text) ? undefined : 'illegal value';
  if (!(representation.charset === true && repertoire === 'utf-8') && NOT_ASCII.test(text)) return 'not ASCII';
  const groups = vr === 'PN' ? text.split('=') : [text];
  const longest = representation.longest ?? Infinity;
  if (groups.length > 3 || groups.some((group) => group.length > longest && Array.from(group).length > longest))
    return 'value too long';
  // control characters are legal nowhere but for line ends in paragraphs
  const legal =
    representation.single === true
      ? !CONTROL.test(text.replace(LINE_ENDS, ''))
      : !CONTROL.test(text) && !text.includes('\\');
  return legal && isLegal(vr, text) ? undefined : 'illegal value';
}

/** Whether a text is of printable ASCII without a delimiter of values or component groups, as nearly all are. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === 0x5c || code === 0x3d) return false;
  }
  return true;
}

function isLegal(vr: string, text: string): boolean {
  if (vr === 'UI') return isUid(text);
  if (vr === 'DS') return Number.isFinite(numberOfText(text));
  if (vr === 'IS' && Math.abs(Number(text)) > 2 ** 31) return false;
  return PATTERNS[vr]?.test(text) ?? true;
}
