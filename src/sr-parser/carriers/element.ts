/** A tree of named elements, whether it was XML or the JSON that ePAD makes of the same XML. */
export interface Element {
  /** Without namespace prefix. */
  readonly name: string;
  /** As written, with their prefixes: `xsi:type`. */
  readonly attributes: Map<string, string>;
  readonly children: Element[];
}

/** More than any annotation has by an order of magnitude; a document beyond it is not read. */
export const ELEMENT_LIMITS = { bytes: 32 * 2 ** 20, elements: 200_000, depth: 200, attributes: 200 } as const;

export const newElement = (name: string): Element => ({
  name: name.slice(name.indexOf(':') + 1),
  attributes: new Map(),
  children: [],
});

export const childrenNamed = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.filter((child) => child.name === name) ?? [];

export const childNamed = (element: Element | undefined, name: string): Element | undefined =>
  element?.children.find((child) => child.name === name);

/** The elements at the end of a path of names. */
export const elementsAt = (element: Element, ...path: readonly string[]): readonly Element[] =>
  path.reduce<readonly Element[]>((found, name) => found.flatMap((at) => childrenNamed(at, name)), [element]);

/** Elements of a name anywhere below, or the element itself, in the order of the document; none of them inside another. */
export function elementsNamed(root: Element, name: string): readonly Element[] {
  const found: Element[] = [];
  const open = [root];
  for (let at = open.pop(); at; at = open.pop()) {
    if (at.name === name) found.push(at);
    else for (let i = at.children.length - 1; i >= 0; i--) open.push(at.children[i]!);
  }
  return found;
}
