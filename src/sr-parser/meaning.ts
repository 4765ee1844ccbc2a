/** Which lesion is a group about: its identity, finding and site? */
import { TAG, type CodedConcept } from '../domain/index.js';
import { codedConcept } from './coded-entry.js';
import { isConcept, type Concept } from './codes.js';
import type { ContentItem } from './tree.js';

export interface Meaning {
  /** As written: some writers' are no UIDs. */
  readonly trackingUID: string | undefined;
  readonly trackingIdentifier: string | undefined;
  readonly finding: CodedConcept | undefined;
  readonly findingSite: CodedConcept | undefined;
  readonly laterality: CodedConcept | undefined;
}

/** What holds for everything below an item: identity and site stand on a container, the numbers in it or further down. */
export interface Inherited {
  readonly trackingUID: ContentItem | undefined;
  readonly trackingIdentifier: ContentItem | undefined;
  readonly findingSite: ContentItem | undefined;
}

export const NOTHING_INHERITED: Inherited = {
  trackingUID: undefined,
  trackingIdentifier: undefined,
  findingSite: undefined,
};

/** What the children of an item inherit, given what the item itself inherits; the nearest wins. */
export function inheritedBelow(item: ContentItem, above: Inherited): Inherited {
  if (!item.children.some(isContext)) return above;
  const own = contextAmong(item.children);
  return {
    trackingUID: own.trackingUID ?? above.trackingUID,
    trackingIdentifier: own.trackingIdentifier ?? above.trackingIdentifier,
    findingSite: own.findingSite ?? above.findingSite,
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
  };
}

const CONTEXT: ReadonlySet<Concept> = new Set<Concept>([
  'tracking-unique-identifier',
  'tracking-identifier',
  'lesion-identifier',
  'finding-site',
]);

const isContext = (item: ContentItem): boolean => item.recognised !== undefined && CONTEXT.has(item.recognised.concept);

function contextAmong(items: readonly ContentItem[]): Inherited {
  let trackingUID: ContentItem | undefined;
  let trackingIdentifier: ContentItem | undefined;
  let findingSite: ContentItem | undefined;
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
      default:
    }
  }
  return { trackingUID, trackingIdentifier, findingSite };
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
