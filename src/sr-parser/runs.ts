import type { Concept } from './codes.js';
import type { ContentItem } from './tree.js';

const IDENTITY: ReadonlySet<Concept> = new Set<Concept>([
  'tracking-identifier',
  'tracking-unique-identifier',
  'lesion-identifier',
]);

export const isIdentity = (item: ContentItem): boolean =>
  item.recognised !== undefined && IDENTITY.has(item.recognised.concept);

/**
 * dcmjs up to 0.12.4 writes all lesions of one tool on one image into one container: identity, finding, numbers, identity, finding, numbers ...
 * Such a container holds an identity concept more than once and is cut before each block of identity items; here alone order carries meaning.
 *
 * @returns the children of each run; undefined where the container is one group, as it is everywhere else
 */
export function runsOf(children: readonly ContentItem[]): readonly (readonly ContentItem[])[] | undefined {
  if (!repeatsIdentity(children)) return undefined;
  const runs: ContentItem[][] = [[]];
  let started = false;
  let before: ContentItem | undefined;
  for (const child of children) {
    const isFirstOfBlock = isIdentity(child) && (!before || !isIdentity(before) || sameConcept(before, child));
    // What stands before the first identity belongs to the first run.
    if (isFirstOfBlock && started) runs.push([]);
    if (isFirstOfBlock) started = true;
    runs.at(-1)!.push(child);
    before = child;
  }
  return runs;
}

function repeatsIdentity(children: readonly ContentItem[]): boolean {
  const seen = new Set<Concept>();
  return children.some((child) => {
    const concept = isIdentity(child) ? child.recognised?.concept : undefined;
    if (concept === undefined) return false;
    const isRepeated = seen.has(concept);
    seen.add(concept);
    return isRepeated;
  });
}

const sameConcept = (a: ContentItem, b: ContentItem): boolean => a.recognised?.concept === b.recognised?.concept;
