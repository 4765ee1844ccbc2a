/**
 * Which items does a report hold, and what hangs on what? One tree for every dialect: by-value children in their order, by-reference targets
 * resolved, concept names looked up. Built without recursion and within bounds, so any data set gives a tree.
 */
import {
  TAG,
  finding,
  type CodedConcept,
  type DataSet,
  type Finding,
  type ImageReference,
  type Skipped,
} from '../domain/index.js';
import { codedConcept } from './coded-entry.js';
import { recognise, type Recognised } from './codes.js';
import { imageReferences } from './image-references.js';

/** More than any real report has by an order of magnitude; beyond it the rest is left out, and said so. */
export const TREE_LIMITS = { items: 100_000, depth: 1_000 } as const;

/** One content item (PS3.3 C.17.3). */
export interface ContentItem {
  readonly dataSet: DataSet;
  readonly parent: ContentItem | undefined;
  /** Place among its siblings, counted from 1, references included: the last number of its path. */
  readonly position: number;
  readonly valueType: string;
  /** Its concept name, and what that means to us. */
  readonly concept: CodedConcept | undefined;
  readonly recognised: Recognised | undefined;
  /** The instances and frames that an IMAGE item names; empty for every other. */
  readonly images: readonly ImageReference[];
  /** Items held by value, in the order of the file. By-reference items are not among them. */
  readonly children: readonly ContentItem[];
  /** Items that its by-reference children point to (PS3.3 C.17.3.2.5). */
  readonly referenced: readonly ContentItem[];
  /** Whether one of its by-reference children points nowhere, to itself or to what contains it. */
  readonly hasDanglingReference: boolean;
}

export interface ContentTree {
  readonly root: ContentItem;
  /** Its IMAGE items, in the order of the file. */
  readonly imageItems: readonly ContentItem[];
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
}

interface Draft extends ContentItem {
  readonly parent: Draft | undefined;
  children: readonly Draft[];
  referenced: readonly Draft[];
  hasDanglingReference: boolean;
  /** By value and by reference, so that paths of positions can be followed. */
  everything: readonly Draft[];
  readonly depth: number;
  readonly target: readonly number[];
}

const NONE: readonly never[] = [];

/** The content tree of a data set whose root is the data set itself (PS3.3 C.17.3). Total; cost linear in the items. */
export function contentTree(dataSet: DataSet): ContentTree {
  const root = draft(dataSet, undefined, 1);
  const references: Draft[] = [];
  const imageItems: ContentItem[] = [];
  const skipped: Skipped[] = [];
  const open: Draft[] = [root];
  let count = 1;
  for (let item = open.pop(); item; item = open.pop()) {
    if (item.images.length > 0) imageItems.push(item);
    const items = item.dataSet.items(TAG.ContentSequence);
    if (items.length === 0) continue;
    if (item.depth >= TREE_LIMITS.depth || count + items.length > TREE_LIMITS.items) {
      // One entry for the first cut is enough: a hostile file must not fill the list either.
      if (skipped.length === 0) skipped.push({ reason: 'data-set-invalid', where: pathOf(item) });
      continue;
    }
    count += items.length;
    const everything: Draft[] = new Array<Draft>(items.length);
    const referencesBefore = references.length;
    for (let i = 0; i < items.length; i++) {
      const child = draft(items[i]!, item, i + 1);
      everything[i] = child;
      if (isReference(child)) references.push(child);
    }
    item.everything = everything;
    item.children =
      references.length === referencesBefore ? everything : everything.filter((child) => !isReference(child));
    for (let i = item.children.length - 1; i >= 0; i--) open.push(item.children[i]!);
  }
  const dangling = resolveAll(references, root);
  return { root, imageItems, skipped, findings: dangling > 0 ? [finding('reference.dangling', dangling)] : [] };
}

const isReference = (item: Draft): boolean => item.target.length > 0;

function draft(dataSet: DataSet, parent: Draft | undefined, position: number): Draft {
  const concept = codedConcept(dataSet, TAG.ConceptNameCodeSequence);
  const valueType = dataSet.text(TAG.ValueType) ?? '';
  return {
    dataSet,
    parent,
    position,
    valueType,
    concept,
    recognised: recognise(concept),
    images: valueType === 'IMAGE' ? imageReferences(dataSet) : NONE,
    children: NONE,
    referenced: NONE,
    hasDanglingReference: false,
    everything: NONE,
    depth: parent ? parent.depth + 1 : 0,
    target:
      valueType === '' && dataSet.has(TAG.ReferencedContentItemIdentifier)
        ? dataSet.numbers(TAG.ReferencedContentItemIdentifier)
        : NONE,
  };
}

/** Gives the parents of references what these point to, or marks them; the number of references that point to nothing usable. */
function resolveAll(references: readonly Draft[], root: Draft): number {
  const targets = new Map<Draft, Draft[]>();
  const followed = new Map<Draft, Draft | undefined>();
  let dangling = 0;
  for (const reference of references) {
    const parent = reference.parent;
    const target = follow(reference, root, followed);
    if (!parent) continue;
    if (target && !isOrContains(target, parent)) {
      const others = targets.get(parent);
      if (others) others.push(target);
      else targets.set(parent, [target]);
    } else {
      parent.hasDanglingReference = true;
      dangling += 1;
    }
  }
  for (const [parent, referenced] of targets) parent.referenced = referenced;
  return dangling;
}

/** A reference may point to a reference; the standard does not forbid it. What each of a chain ends at is kept, and a circle ends nowhere. */
function follow(reference: Draft, root: Draft, followed: Map<Draft, Draft | undefined>): Draft | undefined {
  const chain = new Set<Draft>();
  let at: Draft | undefined = reference;
  while (at && isReference(at) && !followed.has(at)) {
    if (chain.has(at)) {
      at = undefined;
      break;
    }
    chain.add(at);
    at = itemAt(at.target, root);
  }
  const end = at && isReference(at) ? followed.get(at) : at;
  for (const link of chain) followed.set(link, end);
  return chain.size === 0 ? followed.get(reference) : end;
}

/** PS3.3 C.17.3.2.5: positions from the root down, counted from 1, the root itself being 1. */
function itemAt(positions: readonly number[], root: Draft): Draft | undefined {
  if (positions[0] !== 1) return undefined;
  let at: Draft | undefined = root;
  for (let i = 1; i < positions.length && at; i++) at = at.everything[positions[i]! - 1];
  return at;
}

function isOrContains(item: ContentItem, other: ContentItem): boolean {
  for (let at: ContentItem | undefined = other; at; at = at.parent) if (at === item) return true;
  return false;
}

/** `1.5.2`: positions from the root down. Never text of the file. */
export function pathOf(item: ContentItem): string {
  const positions: number[] = [];
  for (let at: ContentItem | undefined = item; at; at = at.parent) positions.push(at.position);
  return positions.reverse().join('.');
}

/** How an item belongs to its parent (PS3.3 C.17.3.2.4). Evidence, never a filter, and rarely asked: read when it is. */
export const relationshipOf = (item: ContentItem): string | undefined => item.dataSet.text(TAG.RelationshipType);

/** Every item held by value, in the order of the file. */
export function* itemsOf(root: ContentItem): Generator<ContentItem> {
  const open: ContentItem[] = [root];
  for (let item = open.pop(); item; item = open.pop()) {
    yield item;
    for (let i = item.children.length - 1; i >= 0; i--) open.push(item.children[i]!);
  }
}
