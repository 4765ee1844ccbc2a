import { TAG, type DataSet, type Tag } from '../../domain/index.js';
import { copyElement, vrOf, type Element, type Elements } from '../../dicom/index.js';
import { decimalString } from '../../dicom/index.js';
import { warning, type WarningCode } from '../warnings.js';
import {
  CHARACTER_SET_VRS,
  characterWidthOf,
  declaresNoCharacterSet,
  isPrivate,
  textFormOf,
  type CharacterWidth,
} from './character-set.js';
import { isControl, isTextVr, lineControlsOf, longestOf, textFault, type TextFault } from './legal-text.js';

/** An attribute of a source image as it may be written: its own bytes where they are legal, repaired where that changes no meaning. */
export type Copied =
  | { readonly kind: 'copied'; readonly element: Element; readonly warnings: readonly string[] }
  /** Absent, or present without a value. */
  | { readonly kind: 'empty'; readonly present: boolean }
  /** A value that must not be written, and cannot be repaired without changing what it says. */
  | { readonly kind: 'unusable' };

/** Texts that say who the patient is: never cut, never cleaned. */
const IDENTIFYING: ReadonlySet<Tag> = new Set([TAG.PatientID, TAG.IssuerOfPatientID, TAG.OtherPatientIDs]);

/** A DS may be printed with fewer digits if that moves nothing by half a micrometre. */
const REPRINT_TOLERANCE = 0.0005;

/** `root` is the data set whose SpecificCharacterSet rules, where `source` is one of its items. */
export function copyAttribute(source: DataSet, tag: Tag, root: DataSet = source): Copied {
  if (!source.has(tag)) return { kind: 'empty', present: false };
  const vr = vrOf(tag);
  if (vr === undefined) return { kind: 'unusable' };
  if (vr === 'SQ') return copySequence(source, tag, root);
  if (!isTextVr(vr)) {
    const element = copyElement(source, tag);
    return element && element.vr === vr ? copied(element) : { kind: 'unusable' };
  }
  const converts = CHARACTER_SET_VRS.has(vr) && textFormOf(root) === 'converted';
  const bytes = converts ? inUtf8(source, tag) : trimmedBytes(source, tag);
  if (bytes.length === 0) return { kind: 'empty', present: true };
  const undeclared = bytes.some((byte) => byte >= 0x80) && declaresNoCharacterSet(root);
  const texts = undeclared ? asciiImage(bytes, vr) : source.texts(tag);
  const fault = tag === TAG.SpecificCharacterSet ? undefined : textFault(vr, texts);
  if (fault !== undefined) return repaired({ tag, vr, bytes, texts, fault, width: characterWidthOf(root) });
  return copied({ vr, bytes }, undeclared ? 'header.character-set-undeclared' : undefined, tag);
}

/** A sequence with every item's elements copied likewise; unusable where one of them is. */
function copySequence(source: DataSet, tag: Tag, root: DataSet): Copied {
  const items: Elements[] = [];
  const warnings: string[] = [];
  for (const item of source.items(tag)) {
    const elements = new Map<Tag, Element>();
    for (const inner of item.tags()) {
      if (isPrivate(inner) || (inner === TAG.SpecificCharacterSet && textFormOf(root) === 'converted')) continue;
      const result = copyAttribute(item, inner, root);
      if (result.kind === 'unusable') return result;
      if (result.kind === 'empty') elements.set(inner, { vr: vrOf(inner)!, values: [] });
      else {
        elements.set(inner, result.element);
        warnings.push(...result.warnings);
      }
    }
    items.push(elements);
  }
  if (items.length === 0) return { kind: 'empty', present: true };
  return { kind: 'copied', element: { vr: 'SQ', items }, warnings };
}

interface Faulty {
  readonly tag: Tag;
  readonly vr: string;
  readonly bytes: Uint8Array;
  readonly texts: readonly string[];
  readonly fault: TextFault;
  readonly width: CharacterWidth;
}

function repaired({ tag, vr, bytes, texts, fault, width }: Faulty): Copied {
  if (vr === 'DS') return reprinted(tag, texts);
  if (vr === 'CS') {
    const upper = texts.map((text) => text.toUpperCase());
    return textFault(vr, upper) === undefined
      ? copied({ vr, values: upper }, 'header.upper-cased', tag)
      : { kind: 'unusable' };
  }
  const longest = longestOf(vr);
  if (IDENTIFYING.has(tag) || longest === undefined || !CHARACTER_SET_VRS.has(vr)) return { kind: 'unusable' };
  if (fault === 'characters') {
    const allowed = lineControlsOf(vr);
    // ESC stays: it is part of a code extension where the character set has them.
    const clean = bytes.filter((byte) => byte >= 0x80 || byte === 0x1b || !isControl(byte, allowed));
    return clean.length < bytes.length
      ? copied({ vr, bytes: clean }, 'header.controls-dropped', tag)
      : { kind: 'unusable' };
  }
  if (width === 'varying') return { kind: 'unusable' };
  return copied({ vr, bytes: cut(bytes, vr, longest, width) }, 'header.cut', tag);
}

function reprinted(tag: Tag, texts: readonly string[]): Copied {
  const values: string[] = [];
  for (const text of texts) {
    if (textFault('DS', [text]) === undefined) {
      values.push(text);
      continue;
    }
    const value = /^[-+.\deE]+$/.test(text) ? Number(text) : NaN;
    if (!Number.isFinite(value)) return { kind: 'unusable' };
    const fewer = decimalString(value);
    if (Math.abs(Number(fewer) - value) >= REPRINT_TOLERANCE) return { kind: 'unusable' };
    values.push(fewer);
  }
  return copied({ vr: 'DS', values }, 'header.reprinted', tag);
}

/** Every value (of PN every component group) cut at `longest` characters. */
function cut(bytes: Uint8Array, vr: string, longest: number, width: 'one-byte' | 'utf-8'): Uint8Array {
  const kept: number[] = [];
  let count = 0;
  for (const byte of bytes) {
    const separates = (byte === 0x5c && vr !== 'LT' && vr !== 'ST') || (byte === 0x3d && vr === 'PN');
    const continues = width === 'utf-8' && (byte & 0xc0) === 0x80;
    if (separates) count = 0;
    else if (!continues) count += 1;
    if (separates || count <= longest) kept.push(byte);
  }
  return Uint8Array.from(kept);
}

const inUtf8 = (source: DataSet, tag: Tag): Uint8Array => new TextEncoder().encode(source.texts(tag).join('\\'));

/** The stored bytes without padding, which some writers make of NUL in names. Texts of a data set read from JSON have none: their characters in UTF-8. */
function trimmedBytes(source: DataSet, tag: Tag): Uint8Array {
  const stored = source.bytes(tag) ?? inUtf8(source, tag);
  let end = stored.length;
  while (end > 0 && (stored[end - 1] === 0x20 || stored[end - 1] === 0)) end--;
  return end === stored.length ? stored : stored.subarray(0, end);
}

/** Bytes of no declared character set, seen as ASCII with a letter for each other byte: enough to count and to find controls. */
function asciiImage(bytes: Uint8Array, vr: string): readonly string[] {
  const text = Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : 'x')).join('');
  return vr === 'LT' || vr === 'ST' || vr === 'UT' ? [text] : text.split('\\');
}

const copied = (element: Element, code?: WarningCode, tag?: Tag): Copied => ({
  kind: 'copied',
  element,
  warnings: code === undefined ? [] : [warning(code, tag)],
});
