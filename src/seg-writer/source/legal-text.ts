import { isUid } from '../../domain/index.js';

/** What PS3.5 table 6.2-1 allows in one value: how many characters, and which. PN counts for one component group. */
interface TextRule {
  readonly longest?: number;
  readonly allows: (value: string) => boolean;
}

const matches =
  (pattern: RegExp) =>
  (value: string): boolean =>
    pattern.test(value);

/** Tab, line feed, form feed and carriage return: the control characters of texts that have lines. */
const LINE_CONTROLS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d]);

const withoutControls =
  (except: ReadonlySet<number>) =>
  (value: string): boolean => {
    for (let i = 0; i < value.length; i++) if (isControl(value.charCodeAt(i), except)) return false;
    return true;
  };

export const isControl = (code: number, except: ReadonlySet<number>): boolean =>
  (code < 0x20 || (code >= 0x7f && code < 0xa0)) && !except.has(code);

const oneLine = withoutControls(new Set());
const lines = withoutControls(LINE_CONTROLS);

const DATE = /^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;
const TIME = /^([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?$/;
const DATE_TIME =
  /^\d{4}((0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01])(([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?)?)?)?([+-]\d{4})?$/;

const RULES: Readonly<Record<string, TextRule | undefined>> = {
  AE: { longest: 16, allows: oneLine },
  AS: { longest: 4, allows: matches(/^\d{3}[DWMY]$/) },
  CS: { longest: 16, allows: matches(/^[A-Z0-9_ ]*$/) },
  DA: { longest: 8, allows: matches(DATE) },
  DS: { longest: 16, allows: matches(/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/) },
  DT: { longest: 26, allows: matches(DATE_TIME) },
  IS: { longest: 12, allows: matches(/^[+-]?\d+$/) },
  LO: { longest: 64, allows: oneLine },
  LT: { longest: 10240, allows: lines },
  PN: { longest: 64, allows: oneLine },
  SH: { longest: 16, allows: oneLine },
  ST: { longest: 1024, allows: lines },
  TM: { longest: 14, allows: matches(TIME) },
  UC: { allows: oneLine },
  UI: { longest: 64, allows: isUid },
  UR: { allows: oneLine },
  UT: { allows: lines },
};

export type TextFault = 'too-long' | 'characters';

export const isTextVr = (vr: string): boolean => RULES[vr] !== undefined;
export const longestOf = (vr: string): number | undefined => RULES[vr]?.longest;
/** Control characters that texts of the VR may hold. */
export const lineControlsOf = (vr: string): ReadonlySet<number> =>
  RULES[vr]?.allows === lines ? LINE_CONTROLS : new Set();

/** The first fault among decoded, trimmed values; undefined where all are legal (empty values are). */
export function textFault(vr: string, values: readonly string[]): TextFault | undefined {
  const rule = RULES[vr];
  if (!rule) return undefined;
  for (const value of values) {
    if (value === '') continue;
    const { longest } = rule;
    const parts = vr === 'PN' ? value.split('=') : [value];
    if (longest !== undefined && parts.some((part) => part.length > longest && characters(part) > longest))
      return 'too-long';
    if (!rule.allows(value)) return 'characters';
  }
  return undefined;
}

/** Characters, not UTF-16 units, are what the limits count. */
function characters(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) count++;
  return count;
}
