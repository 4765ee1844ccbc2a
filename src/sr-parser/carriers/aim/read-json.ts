/** ePAD's JSON of an AIM 4 document: elements are objects, repeated ones lists, attributes plain values (`{"value": 3}` is `<x value="3"/>`). */
import { isUtf8 } from 'node:buffer';
import { fail, ok, type Result } from '../../../domain/index.js';
import { ELEMENT_LIMITS, newElement, type Element } from '../element.js';

export function readJson(bytes: Uint8Array): Result<Element, 'not-json'> {
  if (!isUtf8(bytes)) return fail('not-json');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return fail('not-json');
    throw error;
  }
  return elementsOf(json);
}

interface Pending {
  readonly value: unknown;
  readonly element: Element;
  readonly depth: number;
}

function elementsOf(json: unknown): Result<Element, 'not-json'> {
  const root = newElement('document');
  const open: Pending[] = [{ value: json, element: root, depth: 0 }];
  let elements = 0;
  for (let at = open.shift(); at; at = open.pop()) {
    if (at.depth > ELEMENT_LIMITS.depth) return fail('not-json');
    for (const [name, value] of membersOf(at.value)) {
      if (value === null) continue;
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        at.element.attributes.set(name, String(value));
      if (typeof value !== 'object') continue;
      for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
        if (typeof item !== 'object' || item === null) continue;
        if (++elements > ELEMENT_LIMITS.elements) return fail('not-json');
        const element = newElement(name);
        at.element.children.push(element);
        open.push({ value: item, element, depth: at.depth + 1 });
      }
    }
  }
  return ok(root);
}

/** A list inside a list, or at the top, has no names: its items stand under none. */
const membersOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  Array.isArray(value) ? [['', value]] : typeof value === 'object' && value !== null ? Object.entries(value) : [];
