/** A content tree as lines of text: what was recognised of each item, by which rule, and what became of it. For administrators with a new dialect. */
import { TAG, type DataSet } from '../domain/index.js';
import { roleOf } from './axis-number.js';
import { codedConcept } from './coded-entry.js';
import { MOST_LINES, oneLine, outcomesOf, printable } from './explained-text.js';
import { graphicOf, isGraphic } from './graphics.js';
import { measuredValue } from './measured-value.js';
import { readReport } from './read-report.js';
import { contentTree, itemsOf, pathOf, relationshipOf, type ContentItem } from './tree.js';

export function explainReport(dataSet: DataSet): readonly string[] {
  const report = readReport(dataSet, ['gsps']);
  const outcomes = outcomesOf(report);
  const lines: string[] = [];
  let left = 0;
  for (const item of itemsOf(contentTree(dataSet).root)) {
    if (lines.length >= MOST_LINES) left += 1;
    else lines.push(...linesOf(item, outcomes));
  }
  if (left > 0) lines.push(`... and ${left} items more`);
  // Skipped places that are no items of the tree: drawings, or the report as a whole.
  const shown = new Set(lines.map((line) => line.trimStart().split(' ')[0]));
  for (const [where, said] of outcomes) if (!shown.has(where)) lines.push(...said.map((text) => `${where} ${text}`));
  return lines;
}

function linesOf(item: ContentItem, outcomes: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const path = pathOf(item);
  const indent = '  '.repeat(Math.min(30, path.split('.').length - 1));
  const said = [relationshipOf(item), item.valueType || 'item', conceptText(item), valueText(item), ruleText(item)];
  return [
    `${indent}${path} ${oneLine(said.filter(Boolean).join(' '))}`,
    ...(outcomes.get(path) ?? []).map((text) => `${indent}  ${text}`),
  ];
}

const conceptText = ({ concept }: ContentItem): string =>
  concept ? `(${concept.value}, ${concept.scheme}, "${concept.meaning}")` : '';

function ruleText({ valueType, recognised, hasDanglingReference, referenced }: ContentItem): string {
  const said: string[] = [];
  if (!recognised && valueType === 'NUM') said.push('its code is not known');
  if (recognised) {
    const role = roleOf(recognised.concept);
    said.push(`recognised as ${role ? `the role ${role}` : recognised.concept} by ${recognised.match}`);
  }
  if (referenced.length > 0) said.push(`refers to ${referenced.map(pathOf).join(', ')}`);
  if (hasDanglingReference) said.push('refers to nothing usable');
  return said.length > 0 ? `[${said.join('; ')}]` : '';
}

function valueText(item: ContentItem): string {
  if (isGraphic(item)) {
    const { type, points } = graphicOf(item);
    const shown = points
      .slice(0, 4)
      .map(([x, y, z]) => (item.valueType === 'SCOORD3D' ? `${x}\\${y}\\${z}` : `${x}\\${y}`));
    return `= ${type} ${shown.join(' ')}${points.length > 4 ? ' ...' : ''}`;
  }
  if (item.valueType === 'IMAGE')
    return `= ${item.images.map((i) => `${i.sopInstanceUID}${i.frame === undefined ? '' : `#${i.frame}`}`).join(' ')}`;
  if (item.valueType === 'NUM') {
    const { value, unit, lengthUnit } = measuredValue(item);
    return `= ${value ?? 'nothing'} ${unit?.value ?? ''} (${lengthUnit.kind === 'length' ? 'a length' : lengthUnit.kind === 'unknown' ? 'unit unknown' : 'not a length'})`;
  }
  const coded = codedConcept(item.dataSet, TAG.ConceptCodeSequence);
  if (coded) return `= (${coded.value}, ${coded.scheme}, "${coded.meaning}")`;
  const text = item.dataSet.text(TAG.TextValue) ?? item.dataSet.text(TAG.UID) ?? item.dataSet.text(TAG.PersonName);
  return text === undefined ? '' : `= "${printable(text)}"`;
}
