import type { CodedConcept, Tag } from '../../domain/index.js';
import { TAG, tagText } from '../../domain/index.js';
import { vrOf } from '../dictionary.js';
import type { Element, Elements } from '../elements.js';

/** What may stand in a row: a value or values of the tag's VR, an element made elsewhere, or nothing (the attribute is left out). */
export type Content = string | number | readonly (string | number)[] | Element | undefined;

/** A data set or item, written as a table of tags and contents. */
export function elementsOf(rows: readonly (readonly [Tag, Content])[]): Elements {
  const elements = new Map<Tag, Element>();
  for (const [tag, content] of rows) if (content !== undefined) elements.set(tag, elementOf(tag, content));
  return elements;
}

export function elementOf(tag: Tag, content: Exclude<Content, undefined>): Element {
  if (typeof content === 'string' || typeof content === 'number') return { vr: knownVr(tag), values: [content] };
  return 'vr' in content ? content : { vr: knownVr(tag), values: content };
}

/** An attribute of type 2 without a value. */
export const emptyElement = (tag: Tag): Element => {
  const vr = knownVr(tag);
  return vr === 'SQ' ? sequence() : { vr, values: [] };
};

export const sequence = (...items: readonly Elements[]): Extract<Element, { readonly items: unknown }> => ({
  vr: 'SQ',
  items,
});

/** Longest CodeValue (SH); longer ones go into LongCodeValue (PS3.3 8.1). */
const LONGEST_CODE_VALUE = 16;

/** Concepts of ours stand in every frame and segment: one element each. */
const plainCodes = new WeakMap<CodedConcept, Element>();

/** A code sequence with its one item. */
export function codeSequence(code: CodedConcept, ...modifiers: readonly (readonly [Tag, Content])[]): Element {
  if (modifiers.some(([, content]) => content !== undefined)) return codeElement(code, modifiers);
  const known = plainCodes.get(code);
  if (known) return known;
  const made: Element = { ...codeElement(code, []), shared: true };
  plainCodes.set(code, made);
  return made;
}

const codeElement = (
  code: CodedConcept,
  modifiers: readonly (readonly [Tag, Content])[],
): ReturnType<typeof sequence> =>
  sequence(
    elementsOf([
      [code.value.length > LONGEST_CODE_VALUE ? TAG.LongCodeValue : TAG.CodeValue, code.value],
      [TAG.CodingSchemeDesignator, code.scheme],
      [TAG.CodeMeaning, code.meaning],
      ...modifiers,
    ]),
  );

/** A number as DS text: at most 16 characters, as many digits as fit (PS3.5 6.2). */
export function decimalString(value: number): string {
  const plain = String(value);
  if (plain.length <= 16) return plain;
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  throw new Error('a number that no decimal string can hold');
}

function knownVr(tag: Tag): string {
  const vr = vrOf(tag);
  if (vr === undefined) throw new Error(`${tagText(tag)} is not in the dictionary`);
  return vr;
}
