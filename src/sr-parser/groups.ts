/**
 * Which numbers and lines of a report belong to one lesion? A group is the nearest item with a tracking identity, else the nearest container
 * (or coded finding), that holds a number of an axis. Sibling order and relationship types do not matter; see `runs.ts` for the one exception.
 */
import type { ImageReference } from '../domain/index.js';
import { axisNumber, type AxisNumber } from './axis-number.js';
import { graphicOf, isGraphic, type Graphic } from './graphics.js';
import { isIdentity, runsOf } from './runs.js';
import { NOTHING_INHERITED, inheritedBelow, meaningOf, type Inherited, type Meaning } from './meaning.js';
import type { ContentItem } from './tree.js';

export interface Group extends Meaning {
  readonly item: ContentItem;
  readonly run: number | undefined;
  readonly numbers: readonly AxisNumber[];
  /** Graphics of the group that hang under no number, and no number under them. */
  readonly regions: readonly Graphic[];
  /** Images named by the group itself. */
  readonly images: readonly ImageReference[];
  readonly hasIdentity: boolean;
  /** Whether its numbers stand in several containers. */
  readonly isSplit: boolean;
  readonly template: 'tid1500' | 'other';
  readonly hasDanglingReference: boolean;
}

/** A place with numbers, regions or segments but no number of an axis. */
export interface OtherGroup {
  readonly item: ContentItem;
  /** Whether it is a measurement group that points at something in the image: a region or a segment. */
  readonly hasRegion: boolean;
}

export interface Groups {
  readonly groups: readonly Group[];
  readonly others: readonly OtherGroup[];
  /** NCI AIM's annotations, which have a reader of their own. */
  readonly annotations: readonly ContentItem[];
}

interface Draft {
  readonly item: ContentItem;
  readonly run: number | undefined;
  readonly members: readonly ContentItem[];
  readonly identified: boolean;
  readonly inherited: Inherited;
  readonly template: Group['template'];
  readonly numbers: { readonly number: AxisNumber; readonly container: ContentItem }[];
  readonly regions: { readonly graphic: Graphic; readonly container: ContentItem }[];
  readonly images: ImageReference[];
  hasRegion: boolean;
  measures: boolean;
}

/** Where an item stands: inherited from its parent while walking down. */
interface Place {
  /** Nearest item with an identity of its own, and the child of it that leads here. */
  readonly home: ContentItem | undefined;
  readonly branch: ContentItem | undefined;
  /** Nearest container or coded finding. */
  readonly container: ContentItem;
  readonly inMeasurementGroup: boolean;
  readonly underNumber: boolean;
  readonly template: Group['template'];
  readonly inherited: Inherited;
}

export function findGroups(root: ContentItem): Groups {
  const drafts = new Drafts();
  const annotations: ContentItem[] = [];
  const open: { readonly item: ContentItem; readonly place: Place }[] = [{ item: root, place: placeOfRoot(root) }];
  for (let at = open.pop(); at; at = open.pop()) {
    const { item, place } = at;
    const concept = item.recognised?.concept;
    if (concept === 'aim-annotation') annotations.push(item);
    // Numbers of the image library are acquisition context.
    if (concept === 'image-library' || concept === 'aim-annotation') continue;
    const here = placeOf(item, place);
    if (item.valueType === 'NUM') enterNumber(item, here, drafts);
    else if (isGraphic(item) && concept !== 'drawing-help' && !place.underNumber) enterRegion(item, here, drafts);
    else if (item.valueType === 'IMAGE' && place.inMeasurementGroup) enterImage(item, here, drafts);
    for (let i = item.children.length - 1; i >= 0; i--) {
      const child = item.children[i]!;
      if (child.children.length > 0 || mattersAsLeaf(child)) open.push({ item: child, place: here });
    }
  }
  return {
    groups: drafts.all.filter((draft) => draft.numbers.length > 0).flatMap(groupsOf),
    others: drafts.all
      .filter((draft) => draft.numbers.length === 0 && draft.measures)
      .map(({ item, hasRegion }) => ({ item, hasRegion })),
    annotations,
  };
}

/** The drafts in the order in which something of theirs was met: one an item, or one a run of its children. */
class Drafts {
  readonly all: Draft[] = [];
  readonly #whole = new Map<ContentItem, Draft>();
  readonly #ofChild = new Map<ContentItem, { readonly run: number; readonly members: readonly ContentItem[] }>();
  readonly #ofRun = new Map<readonly ContentItem[], Draft>();
  readonly #cut = new Set<ContentItem>();

  at(place: Place): Draft {
    const item = place.home ?? place.container;
    if (place.home) this.#cutOnce(place.home);
    const part = place.branch && this.#ofChild.get(place.branch);
    let draft = part ? this.#ofRun.get(part.members) : this.#whole.get(item);
    if (draft) return draft;
    draft = newDraft(item, part?.run, part?.members ?? item.children, place);
    this.all.push(draft);
    if (part) this.#ofRun.set(part.members, draft);
    else this.#whole.set(item, draft);
    return draft;
  }

  #cutOnce(home: ContentItem): void {
    if (this.#cut.has(home)) return;
    this.#cut.add(home);
    for (const [i, members] of (runsOf(home.children) ?? []).entries())
      for (const child of members) this.#ofChild.set(child, { run: i + 1, members });
  }
}

/** Most items are leaves that only their group looks at. */
const mattersAsLeaf = (item: ContentItem): boolean =>
  item.valueType === 'NUM' ||
  isGraphic(item) ||
  (item.valueType === 'IMAGE' && !(item.parent && isGraphic(item.parent)));

const placeOfRoot = (root: ContentItem): Place => ({
  home: undefined,
  branch: undefined,
  container: root,
  inMeasurementGroup: false,
  underNumber: false,
  template: 'other',
  inherited: NOTHING_INHERITED,
});

function placeOf(item: ContentItem, above: Place): Place {
  const identified = item.children.some(isIdentity);
  const concept = item.recognised?.concept;
  return {
    home: identified ? item : above.home,
    branch: identified ? undefined : (above.branch ?? (above.home && item)),
    container: item.valueType === 'CONTAINER' || item.valueType === 'CODE' ? item : above.container,
    inMeasurementGroup: above.inMeasurementGroup || concept === 'measurement-group',
    underNumber: above.underNumber || item.valueType === 'NUM',
    template: concept === 'measurement-group' || concept === 'imaging-measurements' ? 'tid1500' : above.template,
    inherited: inheritedBelow(item, above.inherited),
  };
}

function enterNumber(item: ContentItem, place: Place, drafts: Drafts): void {
  const number = axisNumber(item);
  if (number) drafts.at(place).numbers.push({ number, container: place.container });
  else if (place.inMeasurementGroup) drafts.at(place).measures = true;
}

function enterRegion(item: ContentItem, place: Place, drafts: Drafts): void {
  const draft = drafts.at(place);
  draft.regions.push({ graphic: graphicOf(item), container: place.container });
  if (place.inMeasurementGroup) draft.measures = draft.hasRegion = true;
}

function enterImage(item: ContentItem, place: Place, drafts: Drafts): void {
  const draft = drafts.at(place);
  if (item.recognised?.concept === 'referenced-segment') draft.measures = draft.hasRegion = true;
  else if (item.parent && !isGraphic(item.parent)) for (const image of item.images) draft.images.push(image);
}

function newDraft(item: ContentItem, run: number | undefined, members: readonly ContentItem[], place: Place): Draft {
  return {
    item,
    run,
    members,
    identified: place.home !== undefined,
    inherited: place.inherited,
    template: place.template,
    numbers: [],
    regions: [],
    images: [],
    hasRegion: false,
    measures: false,
  };
}

/**
 * Usually one group. An identity may also stand above several lesions (one for a whole section): if a role occurs twice, in different containers,
 * each container is a group.
 */
function groupsOf(draft: Draft): readonly Group[] {
  const [first] = draft.numbers;
  if (draft.run !== undefined || draft.numbers.every(({ container }) => container === first?.container))
    return [groupOf(draft, draft.item, draft.members)];
  const roles = draft.numbers.map(({ number }) => number.role);
  if (new Set(roles).size === roles.length) return [groupOf(draft, draft.item, draft.members)];
  const byContainer = new Map<ContentItem, Pick<Draft, 'numbers' | 'regions'>>();
  for (const entry of draft.numbers) {
    const parts = byContainer.get(entry.container);
    if (parts) parts.numbers.push(entry);
    else byContainer.set(entry.container, { numbers: [entry], regions: [] });
  }
  for (const entry of draft.regions) byContainer.get(entry.container)?.regions.push(entry);
  return [...byContainer].map(([container, parts]) => groupOf({ ...draft, ...parts }, container, container.children));
}

function groupOf(draft: Draft, item: ContentItem, members: readonly ContentItem[]): Group {
  const numbers = draft.numbers.map(({ number }) => number);
  return {
    item,
    run: draft.run,
    numbers,
    regions: regionsOf(draft),
    images: draft.images,
    hasIdentity: draft.identified,
    isSplit: draft.numbers.some(({ container }) => container !== draft.numbers[0]?.container),
    template: draft.template,
    ...meaningOf(item, members, numbers, draft.inherited),
    hasDanglingReference: numbers.some((number) => number.item.hasDanglingReference),
  };
}

function regionsOf({ regions, numbers }: Draft): readonly Graphic[] {
  if (regions.length === 0) return [];
  const drawn = new Set(numbers.flatMap(({ number }) => number.graphics.map(({ graphic }) => graphic.item)));
  return regions.map(({ graphic }) => graphic).filter((graphic) => !drawn.has(graphic.item));
}
