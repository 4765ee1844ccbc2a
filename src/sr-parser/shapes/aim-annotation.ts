/**
 * L, NCI AIM Toolkit: an annotation holds a Calculation (number, with its label in a text below) and an Image Annotation (geometric shape) as
 * siblings. Nothing links them but their place, so there must be one of each.
 */
import { TAG, type Skipped } from '../../domain/index.js';
import { roleOf, type StatedLength } from '../axis-number.js';
import { codedConcept } from '../coded-entry.js';
import { conceptOfWording, isConcept, recognise, type Concept } from '../codes.js';
import { graphicOf, isGraphic, type Line } from '../graphics.js';
import { NOTHING_INHERITED, meaningOf } from '../meaning.js';
import { measuredValue } from '../measured-value.js';
import { itemsOf, pathOf, type ContentItem } from '../tree.js';
import { straightLine } from './lines-under-numbers.js';
import type { DrawnAxis, Reading } from './reading.js';

export interface AimReadings {
  readonly readings: readonly Reading[];
  readonly skipped: readonly Skipped[];
}

export function readAimAnnotations(annotations: readonly ContentItem[]): AimReadings {
  const readings: Reading[] = [];
  const skipped: Skipped[] = [];
  for (const annotation of annotations) {
    const reading = readAnnotation(annotation);
    if (reading) readings.push(reading);
    else skipped.push({ reason: 'no-marks', where: pathOf(annotation) });
  }
  return { readings, skipped };
}

function readAnnotation(annotation: ContentItem): Reading | undefined {
  const numbers: StatedLength[] = [];
  const lines: Line[] = [];
  for (const item of itemsOf(annotation)) {
    if (item.valueType === 'NUM' && item.recognised?.concept === 'aim-calculation-result')
      numbers.push(...lengthOf(item));
    else if (isGraphic(item) && item.recognised?.concept === 'aim-geometric-shape')
      lines.push(...straightLine(graphicOf(item)));
  }
  const [number] = numbers;
  if (!number || numbers.length !== 1 || lines.length !== 1) return undefined;
  const drawn: DrawnAxis = { number, lines };
  return {
    ...meaningOf(annotation, annotation.children, [], NOTHING_INHERITED),
    where: pathOf(annotation),
    run: undefined,
    letters: ['L'],
    long: number.role === 'long-axis' ? drawn : undefined,
    short: number.role === 'short-axis' ? drawn : undefined,
    single: number.role === 'length' || number.role === 'diameter' ? drawn : undefined,
    images: [],
    hasDanglingReference: false,
    originUnknown: true,
  };
}

/** The calculation's number if its dimension label, or the method beside it, says that it is a length. */
function lengthOf(item: ContentItem): readonly StatedLength[] {
  const label = item.children.find((child) => child.recognised?.concept === 'aim-dimension-label');
  const role = roleOf(conceptOfWording(label?.dataSet.text(TAG.TextValue))) ?? roleOf(methodOf(item.parent));
  if (role === undefined) return [];
  return [{ role, match: 'position', concept: item.concept, ...measuredValue(item) }];
}

function methodOf(calculation: ContentItem | undefined): Concept | undefined {
  const method = calculation?.children.find((child) => isConcept(child.concept, 'measurement-method'));
  return method && recognise(codedConcept(method.dataSet, TAG.ConceptCodeSequence))?.concept;
}
