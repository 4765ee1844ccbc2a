/** An AIM document as lines of text: its elements, what was recognised of them, and what became of each annotation. */
import { MOST_LINES, oneLine, outcomesOf, printable } from '../../explained-text.js';
import { elementsNamed, type Element } from '../element.js';
import { codesOf, lengthsOf, linesOf, statementsOf } from './annotation.js';
import { aimDocument, readAim } from './read-aim.js';

/** Who was imaged and who measured: their elements are named, what stands in them is not shown. */
const PERSONAL: ReadonlySet<string> = new Set(['person', 'Person', 'user', 'User', 'patient', 'Patient']);

const MOST_ATTRIBUTES = 12;

export function explainAim(bytes: Uint8Array): readonly string[] {
  const outcomes = outcomesOf(readAim(bytes));
  const root = aimDocument(bytes);
  const annotations = root ? elementsNamed(root, 'ImageAnnotation') : [];
  const pathOf = new Map(annotations.map((annotation, i) => [annotation, `1.${i + 1}`]));
  const lines: string[] = [];
  let left = 0;
  const shown = new Set<string>();
  const open: { readonly element: Element; readonly depth: number }[] = root ? [{ element: root, depth: 0 }] : [];
  for (let at = open.pop(); at; at = open.pop()) {
    const { element, depth } = at;
    const indent = '  '.repeat(Math.min(30, depth));
    const path = pathOf.get(element);
    const said = [
      path === undefined ? '' : `${path} `,
      element.name,
      PERSONAL.has(element.name) ? ' (not shown)' : attributesText(element),
    ];
    if (lines.length >= MOST_LINES) left += 1;
    else {
      lines.push(indent + oneLine(said.join('')));
      if (path !== undefined) {
        shown.add(path);
        for (const text of [...recognisedIn(element), ...(outcomes.get(path) ?? [])]) lines.push(`${indent}  ${text}`);
      }
    }
    if (PERSONAL.has(element.name)) continue;
    for (let i = element.children.length - 1; i >= 0; i--)
      open.push({ element: element.children[i]!, depth: depth + 1 });
  }
  if (left > 0) lines.push(`... and ${left} elements more`);
  for (const [where, texts] of outcomes) if (!shown.has(where)) lines.push(...texts.map((text) => `${where} ${text}`));
  return lines;
}

function attributesText({ attributes }: Element): string {
  const shown = [...attributes].slice(0, MOST_ATTRIBUTES).map(([name, value]) => ` ${name}="${printable(value)}"`);
  return `${shown.join('')}${attributes.size > MOST_ATTRIBUTES ? ' ...' : ''}`;
}

/** What of an annotation counts: its codes, lines, lengths, and which length was measured on which line. */
function recognisedIn(annotation: Element): readonly string[] {
  const codes = codesOf(annotation).map((c) => `[code (${c.value}, ${c.scheme}, "${printable(c.meaning)}")]`);
  const lines = linesOf(annotation, new Map()).map(({ uid, line }) => {
    const ends = line.ends.map(([x, y]) => `${x}\\${y}`).join(' ');
    const image = line.images.map((i) => `${i.sopInstanceUID}${i.frame === undefined ? '' : `#${i.frame}`}`).join(' ');
    return `[line${uid === undefined ? '' : ` ${uid}`} = ${ends} on ${image || 'no image'}]`;
  });
  const lengths = lengthsOf(annotation).map(
    ({ uid, stated }) =>
      `[number${uid === undefined ? '' : ` ${uid}`} = ${stated.value ?? 'nothing'} ${stated.unit?.value ?? ''}, recognised as the role ${stated.role} by ${stated.match}]`,
  );
  const links = statementsOf(annotation).map(
    ({ subject, object }) => `[number ${subject} was measured on line ${object}]`,
  );
  return [...codes, ...lines, ...lengths, ...links].map(oneLine);
}
