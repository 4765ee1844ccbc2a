/** Which lesion is a group about: its identity, finding and site? */
import { TAG, type CodedConcept, type LesionRole, type Measurement, type TimePoint } from '../domain/index.js';
import { codedConcept } from './coded-entry.js';
import { isConcept, recognise, type Concept } from './codes.js';
import { measuredValue } from './measured-value.js';
import type { ContentItem } from './tree.js';

export interface Meaning extends Pick<
  Measurement,
  'trackingIdentifier' | 'finding' | 'findingSite' | 'laterality' | 'lesionRole' | 'timePoint'
> {
  /** As written: some writers' are no UIDs. */
  readonly trackingUID: string | undefined;
}

/** What holds for everything below an item: identity and site stand on a container, the numbers in it or further down. */
export interface Inherited {
  readonly trackingUID: ContentItem | undefined;
  readonly trackingIdentifier: ContentItem | undefined;
  readonly findingSite: ContentItem | undefined;
  /** Items of TID 1502; empty where no time point is named. */
  readonly timePoint: readonly ContentItem[];
}

export const NOTHING_INHERITED: Inherited = {
  trackingUID: undefined,
  trackingIdentifier: undefined,
  findingSite: undefined,
  timePoint: [],
};

/** What the children of an item inherit, given what the item itself inherits; the nearest wins. */
export function inheritedBelow(item: ContentItem, above: Inherited): Inherited {
  if (!item.children.some(isContext)) return above;
  const own = contextAmong(item.children);
  return {
    trackingUID: own.trackingUID ?? above.trackingUID,
    trackingIdentifier: own.trackingIdentifier ?? above.trackingIdentifier,
    findingSite: own.findingSite ?? above.findingSite,
    timePoint: own.timePoint.length > 0 ? own.timePoint : above.timePoint,
  };
}

/**
 * @param item where the group stands
 * @param members the children of `item` that belong to the group: all, or one run of them
 */
export function meaningOf(
  item: ContentItem,
  members: readonly ContentItem[],
  numbers: readonly { readonly item: ContentItem }[],
  inherited: Inherited,
): Meaning {
  const own = contextAmong(members);
  const site = own.findingSite ?? siteOnNumber(numbers) ?? inherited.findingSite;
  // TID 2000 and the CAD reports hang the numbers under the finding itself.
  const itself = isFinding(item) ? item : undefined;
  return {
    trackingUID: textOf(own.trackingUID ?? inherited.trackingUID),
    trackingIdentifier: textOf(own.trackingIdentifier ?? inherited.trackingIdentifier),
    finding: codedValue(members.find(isFinding) ?? itself),
    findingSite: codedValue(site),
    laterality: codedValue(site?.children.find(isLaterality) ?? members.find(isLaterality)),
    lesionRole: roleAmong(members),
    timePoint: timePointOf(own.timePoint.length > 0 ? own.timePoint : inherited.timePoint),
  };
}

const CONTEXT: ReadonlySet<Concept> = new Set<Concept>([
  'tracking-unique-identifier',
  'tracking-identifier',
  'lesion-identifier',
  'finding-site',
  'time-point',
  'subject-time-point-identifier',
  'protocol-time-point-identifier',
  'time-point-type',
  'time-point-order',
]);

const isContext = (item: ContentItem): boolean => item.recognised !== undefined && CONTEXT.has(item.recognised.concept);

function contextAmong(items: readonly ContentItem[]): Inherited {
  let trackingUID: ContentItem | undefined;
  let trackingIdentifier: ContentItem | undefined;
  let findingSite: ContentItem | undefined;
  let timePoint: ContentItem[] | undefined;
  for (const item of items) {
    // dwv 0.34 writes the identifier as a UIDREF that holds text, so the value type of an identity is not asked.
    switch (item.recognised?.concept) {
      case 'tracking-unique-identifier':
        trackingUID ??= item;
        break;
      case 'tracking-identifier':
      case 'lesion-identifier':
        trackingIdentifier ??= item;
        break;
      case 'finding-site':
        if (item.valueType === 'CODE') findingSite ??= item;
        break;
      case 'time-point':
      case 'subject-time-point-identifier':
      case 'protocol-time-point-identifier':
      case 'time-point-type':
      case 'time-point-order':
        (timePoint ??= []).push(item);
        break;
      default:
    }
  }
  return { trackingUID, trackingIdentifier, findingSite, timePoint: timePoint ?? NOTHING_INHERITED.timePoint };
}

function timePointOf(items: readonly ContentItem[]): TimePoint | undefined {
  if (items.length === 0) return undefined;
  const of = (concept: Concept): ContentItem | undefined => items.find((item) => item.recognised?.concept === concept);
  const order = of('time-point-order');
  const identifier = of('subject-time-point-identifier') ?? of('protocol-time-point-identifier');
  return {
    label: textOf(of('time-point')),
    order: order && (measuredValue(order).value ?? numberOf(textOf(order))),
    identifier: textOf(identifier),
    type: codedValue(of('time-point-type')),
  };
}

/** Some writers give the order as text. */
function numberOf(text: string | undefined): number | undefined {
  const number = text === undefined || text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

const OTHER_CODES: ReadonlySet<Concept> = new Set<Concept>([
  'finding',
  'finding-site',
  'laterality',
  'time-point-type',
]);

/** Under whatever name a group has it (lesion type, annotation type, response): the value says what the lesion counts as. */
function roleAmong(members: readonly ContentItem[]): LesionRole | undefined {
  for (const item of members) {
    if (item.valueType !== 'CODE' || (item.recognised && OTHER_CODES.has(item.recognised.concept))) continue;
    const role = lesionRoleOf(codedConcept(item.dataSet, TAG.ConceptCodeSequence));
    if (role) return role;
  }
  return undefined;
}

export function lesionRoleOf(coded: CodedConcept | undefined): LesionRole | undefined {
  const concept = recognise(coded)?.concept;
  return concept === 'target-lesion' ? 'target' : concept === 'non-target-lesion' ? 'non-target' : undefined;
}

/** TID 1400 has the site on the number. */
function siteOnNumber(numbers: readonly { readonly item: ContentItem }[]): ContentItem | undefined {
  for (const number of numbers) {
    const { findingSite } = contextAmong(number.item.children);
    if (findingSite) return findingSite;
  }
  return undefined;
}

const isCode = (item: ContentItem, concept: Concept): boolean =>
  item.valueType === 'CODE' && item.recognised?.concept === concept;
const isFinding = (item: ContentItem): boolean => isCode(item, 'finding');
const isLaterality = (item: ContentItem): boolean => isCode(item, 'laterality');

/** dcmjs writes a placeholder, viewers put a free-text label into the code's meaning: neither says what was found. */
function codedValue(item: ContentItem | undefined): CodedConcept | undefined {
  const coded = item && codedConcept(item.dataSet, TAG.ConceptCodeSequence);
  return coded && !isConcept(coded, 'no-finding') ? coded : undefined;
}

/** Compared between reports, so one normal form. */
const textOf = (item: ContentItem | undefined): string | undefined =>
  (item?.dataSet.text(TAG.TextValue) ?? item?.dataSet.text(TAG.UID))?.normalize('NFC');
