import { TAG, tagText, type Tag } from '../../domain/index.js';
import type { Element, Elements } from '../elements.js';
import { trimmed } from '../padding.js';
import { VALUE_REPRESENTATIONS, type ValueRepresentation } from '../value-representations.js';
import { checkedText } from './checked-text.js';
import { numberWriter, type NumberWriter } from './number-writers.js';

/** One element, checked and measured. */
export interface PlannedElement {
  readonly tag: Tag;
  readonly vr: string;
  readonly header: 'short' | 'long';
  /** Bytes of the value, padding included. */
  readonly length: number;
  readonly pad: number;
  readonly content: PlannedContent;
}

export type PlannedContent =
  | { readonly kind: 'text'; readonly text: string; readonly encoding: 'latin1' | 'utf8' }
  | { readonly kind: 'numbers'; readonly values: readonly (string | number)[]; readonly writer: NumberWriter }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'items'; readonly items: readonly PlannedDataSet[] };

export interface PlannedDataSet {
  readonly elements: readonly PlannedElement[];
  readonly length: number;
}

const LONGEST_SHORT = 0xfffe;
const LONGEST = 0xfffffffe;
const UNKNOWN: ValueRepresentation = { kind: 'bytes', header: 'long', pad: 'nul' };

/** Checks and measures a data set; throws on what may not be written, which is a mistake of the caller. Messages name the tag, never the value. */
export function planDataSet(elements: Elements, inherited: 'ascii' | 'utf-8' = 'ascii'): PlannedDataSet {
  const repertoire = repertoireOf(elements) ?? inherited;
  const planned: PlannedElement[] = [];
  let length = 0;
  for (const tag of ascending(elements)) {
    if ((tag & 0xffff) === 0 || tag >>> 16 === 0xfffe || tag < 0x00080000)
      throw new Error(`${tagText(tag)} is not an attribute of a data set`);
    const element = planElement(tag, elements.get(tag)!, repertoire);
    planned.push(element);
    length += headerLength(element) + element.length;
  }
  return { elements: planned, length };
}

/** Tags in order; most elements are given in it. */
function ascending(elements: Elements): readonly Tag[] {
  const tags = [...elements.keys()];
  for (let i = 1; i < tags.length; i++) if (tags[i]! < tags[i - 1]!) return tags.sort((a, b) => a - b);
  return tags;
}

export const headerLength = ({ header }: PlannedElement): number => (header === 'long' ? 12 : 8);

/** What SpecificCharacterSet of these elements allows us to write; undefined where they do not say. */
function repertoireOf(elements: Elements): 'ascii' | 'utf-8' | undefined {
  const element = elements.get(TAG.SpecificCharacterSet);
  if (!element || 'items' in element) return undefined;
  const text = 'bytes' in element ? Buffer.from(element.bytes).toString('latin1') : element.values.join('\\');
  return trimmed(text) === 'ISO_IR 192' ? 'utf-8' : 'ascii';
}

export function planElement(tag: Tag, element: Element, repertoire: 'ascii' | 'utf-8'): PlannedElement {
  if ('items' in element) return planSequence(tag, element, repertoire);
  const representation = VALUE_REPRESENTATIONS.get(element.vr);
  if ('bytes' in element) return planBytes(tag, element.vr, element.bytes, representation);
  if (representation?.kind === 'text') {
    const checked = checkedText(element.vr, representation, element.values, repertoire);
    if ('fault' in checked) throw new Error(`${tagText(tag)} ${element.vr}: ${checked.fault}`);
    const encoding = representation.charset === true && repertoire === 'utf-8' ? 'utf8' : 'latin1';
    const length = encoding === 'utf8' ? Buffer.byteLength(checked.text, 'utf8') : checked.text.length;
    const content = { kind: 'text', text: checked.text, encoding } as const;
    return sized(tag, element.vr, representation.header, length, padOf(representation), content);
  }
  const writer = numberWriter(element.vr);
  if (!representation || !writer) throw new Error(`${tagText(tag)} ${element.vr}: only bytes can be written`);
  if (!element.values.every(writer.accepts)) throw new Error(`${tagText(tag)} ${element.vr}: illegal value`);
  const content = { kind: 'numbers', values: element.values, writer } as const;
  return sized(tag, element.vr, representation.header, writer.size * element.values.length, 0, content);
}

/** Plans of shared sequences, which may stand in a thousand frames: a plan follows from tag, element and repertoire, none of which change. */
const sequencePlans = new WeakMap<Element, PlannedElement & { readonly repertoire: 'ascii' | 'utf-8' }>();

function planSequence(
  tag: Tag,
  element: Extract<Element, { readonly items: unknown }>,
  repertoire: 'ascii' | 'utf-8',
): PlannedElement {
  const known = element.shared && sequencePlans.get(element);
  if (known?.tag === tag && known.repertoire === repertoire) return known;
  const items = element.items.map((item) => planDataSet(item, repertoire));
  const length = items.reduce((sum, item) => sum + 8 + item.length, 0);
  const plan = sized(tag, 'SQ', 'long', length, 0, { kind: 'items', items });
  if (element.shared) sequencePlans.set(element, { ...plan, repertoire });
  return plan;
}

/** A value that its VR's length field cannot hold, or whose VR the standard does not know, is written as UN (PS3.5 6.2.2). */
function planBytes(tag: Tag, vr: string, bytes: Uint8Array, known: ValueRepresentation | undefined): PlannedElement {
  if (vr === 'SQ') throw new Error(`${tagText(tag)} SQ: items are wanted, not bytes`);
  const asUnknown = known === undefined || (known.header === 'short' && bytes.length > LONGEST_SHORT);
  const representation = asUnknown ? UNKNOWN : known;
  const content = { kind: 'bytes', bytes } as const;
  return sized(tag, asUnknown ? 'UN' : vr, representation.header, bytes.length, padOf(representation), content);
}

const padOf = ({ kind, pad }: ValueRepresentation): number => (kind === 'text' && pad !== 'nul' ? 0x20 : 0);

function sized(
  tag: Tag,
  vr: string,
  header: 'short' | 'long',
  bytes: number,
  pad: number,
  content: PlannedContent,
): PlannedElement {
  const length = bytes + (bytes % 2);
  if (length > (header === 'short' ? LONGEST_SHORT : LONGEST)) throw new Error(`${tagText(tag)} ${vr}: value too long`);
  return { tag, vr, header, length, pad, content };
}
