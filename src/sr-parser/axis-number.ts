/** Which numbers of a report measure an axis, and what is drawn for each? */
import type { Axis, CodedConcept } from '../domain/index.js';
import type { Concept } from './codes.js';
import { graphicOf, isGraphic, type Graphic } from './graphics.js';
import { measuredValue, type MeasuredValue } from './measured-value.js';
import { relationshipOf, type ContentItem } from './tree.js';

/** What the concept of a number says. A length or a diameter may turn out to be either axis. */
export type AxisRole = 'long-axis' | 'short-axis' | 'length' | 'diameter';

/** How a graphic belongs to its number: as TID 320 has it, by value in another way, or by reference. */
export type Attachment = 'standard' | 'bent' | 'by-reference';

export interface AttachedGraphic {
  readonly graphic: Graphic;
  readonly attachment: Attachment;
}

/** What a number says about an axis, whatever carried it. */
export interface StatedLength extends MeasuredValue {
  readonly role: AxisRole;
  readonly match: Axis['match'];
  readonly concept: CodedConcept | undefined;
}

export interface AxisNumber extends StatedLength {
  readonly item: ContentItem;
  readonly graphics: readonly AttachedGraphic[];
}

const ROLES: ReadonlySet<Concept> = new Set<Concept>(['long-axis', 'short-axis', 'length', 'diameter']);
const isRole = (concept: Concept): concept is AxisRole => ROLES.has(concept);

/** The role that a concept names; undefined for every other concept. */
export const roleOf = (concept: Concept | undefined): AxisRole | undefined =>
  concept !== undefined && isRole(concept) ? concept : undefined;

/** A NUM whose concept is an axis or a length and whose unit may be a length: dcmjs writes areas under the code for Length. */
export function axisNumber(item: ContentItem): AxisNumber | undefined {
  const role = roleOf(item.recognised?.concept);
  if (item.valueType !== 'NUM' || role === undefined || !item.recognised) return undefined;
  const number = { item, role, match: item.recognised.match, concept: item.concept, ...measuredValue(item) };
  return number.lengthUnit.kind === 'not-a-length' ? undefined : { ...number, graphics: graphicsFor(item) };
}

/** A number has one graphic below it, or a few; a file made to hurt may refer to everything from everywhere. */
const MOST_VISITED = 500;
const MOST_GRAPHICS = 16;

function graphicsFor(number: ContentItem): readonly AttachedGraphic[] {
  const [only] = number.children;
  if (only && number.children.length === 1 && number.referenced.length === 0 && isGraphic(only))
    if (only.recognised?.concept !== 'drawing-help' && relationshipOf(only) === 'INFERRED FROM')
      return [{ graphic: graphicOf(only), attachment: imagesAsUsual(only) ? 'standard' : 'bent' }];
  return searchGraphics(number);
}

function searchGraphics(number: ContentItem): readonly AttachedGraphic[] {
  const found: AttachedGraphic[] = [];
  const seen = new Set<ContentItem>([number]);
  const open: { readonly item: ContentItem; readonly attachment: Attachment }[] = [];
  const enter = (item: ContentItem, attachment: Attachment): void => {
    for (const child of item.children) {
      if (open.length >= MOST_VISITED) return;
      const isBent = attachment === 'standard' && relationshipOf(child) !== 'INFERRED FROM';
      open.push({ item: child, attachment: isBent ? 'bent' : attachment });
    }
    for (const target of item.referenced) {
      if (open.length >= MOST_VISITED) return;
      open.push({ item: target, attachment: 'by-reference' });
    }
  };
  enter(number, 'standard');
  for (let i = 0; i < open.length && found.length < MOST_GRAPHICS; i++) {
    const { item, attachment } = open[i]!;
    if (seen.has(item) || item.valueType === 'NUM' || item.recognised?.concept === 'drawing-help') continue;
    seen.add(item);
    if (isGraphic(item))
      found.push({ graphic: graphicOf(item), attachment: imagesAsUsual(item) ? attachment : 'bent' });
    else enter(item, attachment === 'standard' ? 'bent' : attachment);
  }
  // dwv 0.34 hangs the number under what it measures.
  const above = number.parent;
  if (found.length === 0 && above && isGraphic(above) && above.recognised?.concept !== 'drawing-help')
    found.push({ graphic: graphicOf(above), attachment: 'bent' });
  return found;
}

/** highdicom writes INFERRED FROM where the standard has SELECTED FROM. */
const imagesAsUsual = (graphic: ContentItem): boolean =>
  graphic.children.every((child) => child.valueType !== 'IMAGE' || relationshipOf(child) === 'SELECTED FROM');
