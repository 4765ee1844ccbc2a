import { fail, ok, type Result } from '../../domain/index.js';
import { isIn, rangeOf, spanOf, type DateTimeVr } from './date-times.js';
import { textsOf, type JsonAttribute } from './dicom-json-values.js';

/** Whether an attribute (undefined = absent) matches a key. `zone` is (0008,0201) of the data set, for DT values without an offset. */
export type Matcher = (attribute: JsonAttribute | undefined, zone?: string) => boolean;

export type KeyProblem = 'not-matchable' | 'malformed-value' | 'wildcard-not-allowed' | 'several-values-not-allowed';

/** PS3.4 C.2.2.2.4 names the VRs in which `*` and `?` are wild cards. */
const WILDCARD_VRS = new Set(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);
const TEXT_VRS = new Set([...WILDCARD_VRS, 'AS', 'UI']);
const NUMBER_VRS = new Set(['DS', 'FD', 'FL', 'IS', 'SL', 'SS', 'SV', 'UL', 'US', 'UV']);
/** In these a comma can be nothing but the separator of a list (PS3.5 6.2: the repertoire of the VR lacks it). */
const LIST_VRS = new Set([...NUMBER_VRS, 'AS', 'CS', 'DA', 'DT', 'TM', 'UI']);
/** In these a backslash is text, not a separator. */
const SINGLE_VRS = new Set(['LT', 'ST', 'UR', 'UT']);

/**
 * Attribute matching of PS3.4 C.2.2.2 for one key: universal (empty or `*`), single value, wild card, range (DA, TM, DT), list of UIDs by comma
 * or backslash. Beyond the standard, and as archives do it: a list is also taken in the other VRs whose values cannot hold a comma
 * (`Modality=SR,KO`), and means any of them. A multi-valued attribute matches by any of its values. Person names are compared without regard
 * to case (C.2.2.2.1 leaves it open), everything else exactly. No matching by likeness of sound.
 */
export function matcherOf(vr: string, key: string): Result<Matcher, KeyProblem> {
  if (key === '' || key === '*') return ok(() => true);
  const separator = LIST_VRS.has(vr) ? /[,\\]/ : /\\/;
  const alternatives = SINGLE_VRS.has(vr) ? [key] : key.split(separator);
  if (alternatives.length > 1 && !LIST_VRS.has(vr)) return fail('several-values-not-allowed');
  const tests: ((value: string, zone: string | undefined) => boolean)[] = [];
  for (const alternative of alternatives) {
    const test = valueTestOf(vr, alternative.trim());
    if (!test.ok) return test;
    tests.push(test.value);
  }
  return ok((attribute, zone) => textsOf(attribute).some((value) => tests.some((test) => test(value, zone))));
}

type ValueTest = (value: string, zone: string | undefined) => boolean;

function valueTestOf(vr: string, key: string): Result<ValueTest, KeyProblem> {
  if (key === '') return fail('malformed-value');
  if (vr === 'DA' || vr === 'TM' || vr === 'DT') return rangeTestOf(vr, key);
  if (NUMBER_VRS.has(vr)) {
    const number = numberOf(key);
    return number === undefined ? fail('malformed-value') : ok((value) => numberOf(value) === number);
  }
  if (!TEXT_VRS.has(vr)) return fail('not-matchable');
  if (/[*?]/.test(key)) {
    if (!WILDCARD_VRS.has(vr)) return fail('wildcard-not-allowed');
    return ok(vr === 'PN' ? personNameTest(key, wildcardTest) : wildcardTest(key));
  }
  return ok(vr === 'PN' ? personNameTest(key, (text) => (value) => value === text) : (value) => value === key);
}

function rangeTestOf(vr: DateTimeVr, key: string): Result<ValueTest, KeyProblem> {
  const range = rangeOf(vr, key);
  if (!range) return fail('malformed-value');
  return ok((value, zone) => {
    const span = spanOf(vr, value, zone);
    return span !== undefined && isIn(span, range);
  });
}

function numberOf(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Steps back only to the last `*`, so that a hostile key costs no more than its length times the value's; a regular expression would. */
function wildcardTest(key: string): (value: string) => boolean {
  const pattern = [...key];
  return (value) => {
    const text = [...value];
    let [at, wanted, star, resumeAt] = [0, 0, -1, 0];
    while (at < text.length) {
      if (pattern[wanted] === '*') {
        star = wanted++;
        resumeAt = at;
      } else if (pattern[wanted] === '?' || pattern[wanted] === text[at]) {
        at++;
        wanted++;
      } else if (star >= 0) {
        wanted = star + 1;
        at = ++resumeAt;
      } else return false;
    }
    while (pattern[wanted] === '*') wanted++;
    return wanted === pattern.length;
  };
}

/**
 * A key without `=` is sought in each component group (alphabetic, ideographic, phonetic) alone, one with it in the whole value. Trailing
 * empty components do not count (PS3.5 6.2.1.1), case neither.
 */
function personNameTest(key: string, testOf: (key: string) => (value: string) => boolean): (value: string) => boolean {
  const test = testOf(personNameForm(key));
  const whole = key.includes('=');
  return (value) => (whole ? [value] : value.split('=')).some((group) => test(personNameForm(group)));
}

const personNameForm = (text: string): string =>
  text
    .normalize('NFC')
    .toLowerCase()
    .split('=')
    .map((group) => group.replace(/[\^ ]+$/, ''))
    .join('=')
    .replace(/=+$/, '');
