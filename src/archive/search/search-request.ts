import { fail, ok, tag as tagOfNumber, tagText, type Result, type Tag } from '../../domain/index.js';
import { keywordOf, tagOf, vrOf } from '../../dicom/index.js';
import type { QueryParameter } from '../query-string.js';
import { itemsOf, jsonKeyOf, type JsonAttribute } from './dicom-json-values.js';
import { DERIVED, INDEXED, isAtOrAbove, levelOf, NEVER_MATCHED, type Level } from './levels.js';
import { matcherOf, type KeyProblem, type Matcher } from './matching.js';

/** Keys that all have to match; those inside a sequence have to match in one and the same item (PS3.4 C.2.2.2.6). */
export type KeyTree = ReadonlyMap<string, { readonly matcher: Matcher } | { readonly items: KeyTree }>;

export interface SearchRequest {
  /** By the level whose entity they are compared with; `file`: those that are not in the index. */
  readonly keys: Readonly<Record<Level | 'file', KeyTree>>;
  /** Attributes to be returned beyond those of the level, as tags in hexadecimal. */
  readonly fields: 'all' | ReadonlySet<string>;
  readonly limit: number | undefined;
  readonly offset: number;
  readonly fuzzyMatching: 'not-asked' | 'asked';
}

/** A sentence for the caller. It names parameters, never their values. */
interface QueryProblem {
  readonly message: string;
}

/**
 * The parameters of a search, PS3.18 8.3.4. A parameter that is not known is refused by its name: PS3.18 would let a server ignore it, but then
 * the answer is a wider one than was asked for, and nothing says so. A key below the level of the search is refused for the same reason.
 */
export function searchRequestOf(
  parameters: readonly QueryParameter[],
  level: Level,
): Result<SearchRequest, QueryProblem> {
  const keys = { study: new Branch(), series: new Branch(), instance: new Branch(), file: new Branch() };
  const fields = new Set<string>();
  const seen = new Set<string>();
  let [all, limit, offset, fuzzyMatching]: [boolean, number | undefined, number, 'not-asked' | 'asked'] = [
    false,
    undefined,
    0,
    'not-asked',
  ];

  for (const { name, value } of parameters) {
    if (name === 'includefield') {
      const included = includedFieldsOf(value);
      if (!included.ok) return included;
      if (included.value === 'all') all = true;
      else for (const field of included.value) fields.add(field);
      continue;
    }
    if (seen.has(name)) return refuse(`${shown(name)} is given twice`);
    seen.add(name);
    if (name === 'limit' || name === 'offset') {
      if (!/^\d{1,9}$/.test(value)) return refuse(`${name} is not a number of rows`);
      if (name === 'limit') limit = Number(value);
      else offset = Number(value);
    } else if (name === 'fuzzymatching') {
      if (value !== 'true' && value !== 'false') return refuse('fuzzymatching is neither true nor false');
      fuzzyMatching = value === 'true' ? 'asked' : 'not-asked';
    } else {
      const key = attributeKeyOf(name, value, level);
      if (!key.ok) return key;
      const { path, matcher } = key.value;
      const top = jsonKeyOf(path[0]!);
      if (matcher && !keys[placeOf(path[0]!)].plant(path.map(jsonKeyOf), matcher))
        return refuse(`${shown(name)} is given twice`);
      fields.add(top);
    }
  }
  return ok({
    keys: { study: keys.study.tree, series: keys.series.tree, instance: keys.instance.tree, file: keys.file.tree },
    fields: all ? 'all' : fields,
    limit,
    offset,
    fuzzyMatching,
  });
}

/** Whether what is found under the keys of a tree matches all of them. */
export function matches(
  tree: KeyTree,
  attributeOf: (key: string) => JsonAttribute | undefined,
  zone?: string,
): boolean {
  for (const [key, node] of tree) {
    const attribute = attributeOf(key);
    const fits =
      'matcher' in node
        ? node.matcher(attribute, zone)
        : itemsOf(attribute).some((item) => matches(node.items, (inner) => item[inner], zone));
    if (!fits) return false;
  }
  return true;
}

interface AttributeKey {
  readonly path: readonly Tag[];
  /** Undefined for universal matching: the attribute is only returned. */
  readonly matcher: Matcher | undefined;
}

function attributeKeyOf(name: string, value: string, level: Level): Result<AttributeKey, QueryProblem> {
  const path = attributePathOf(name);
  const first = path?.[0];
  const last = path?.at(-1);
  if (!path || first === undefined || last === undefined) return refuse(`${shown(name)} is not a parameter known here`);
  const own = levelOf(first);
  if (!isAtOrAbove(own, level))
    return refuse(`${shown(name)} belongs to ${article(own)}, which is below what is searched for`);
  if (NEVER_MATCHED.has(jsonKeyOf(first))) return refuse(`${shown(name)} cannot be matched`);
  const vr = vrOf(last);
  if (vr === undefined) return refuse(`${shown(name)} has no known value representation`);
  if (value === '' || (value === '*' && vr !== 'SQ')) return ok({ path, matcher: undefined });
  if (vr === 'SQ') return refuse(`${shown(name)} is a sequence: name an attribute in it, as in Sequence.Attribute`);
  const matcher = matcherOf(vr, value);
  return matcher.ok ? ok({ path, matcher: matcher.value }) : refuse(`${shown(name)} ${PROBLEMS[matcher.error]}`);
}

const PROBLEMS: Readonly<Record<KeyProblem, string>> = {
  'not-matchable': 'has a value representation that cannot be matched',
  'malformed-value': 'has a value that its value representation does not allow',
  'wildcard-not-allowed': 'does not take wild cards',
  'several-values-not-allowed': 'does not take several values',
};

/** PS3.18 8.3.4.1: a keyword or eight hexadecimal digits; inside sequences joined by dots. */
function attributePathOf(name: string): readonly Tag[] | undefined {
  const path: Tag[] = [];
  const pieces = name.split('.');
  for (const [depth, piece] of pieces.entries()) {
    const tag = /^[0-9A-Fa-f]{8}$/.test(piece) ? tagOfNumber(parseInt(piece, 16)) : tagOf(piece);
    if (tag === undefined) return undefined;
    if (keywordOf(tag) === undefined && !isPrivate(tag)) return undefined;
    if (depth < pieces.length - 1 && vrOf(tag) !== 'SQ') return undefined;
    path.push(tag);
  }
  return path;
}

const isPrivate = (tag: Tag): boolean => ((tag >>> 16) & 1) === 1;

/** PS3.18 8.3.4.3. Of a path into a sequence the whole sequence is returned. */
function includedFieldsOf(value: string): Result<'all' | readonly string[], QueryProblem> {
  if (value === 'all') return ok('all');
  const fields: string[] = [];
  for (const name of value.split(',')) {
    const first = attributePathOf(name)?.[0];
    if (first === undefined) return refuse(`includefield names ${shown(name)}, which is no attribute known here`);
    fields.push(jsonKeyOf(first));
  }
  return ok(fields);
}

function placeOf(tag: Tag): Level | 'file' {
  const level = levelOf(tag);
  const key = jsonKeyOf(tag);
  const known = INDEXED[level].has(key) || DERIVED[level].has(key);
  return known ? level : 'file';
}

const article = (level: Level): string => ({ study: 'a study', series: 'a series', instance: 'an instance' })[level];

/** A parameter's name as it can stand in a message: what is not printable or too long does not travel back. */
function shown(name: string): string {
  const tag = /^[0-9A-Fa-f]{8}$/.test(name) ? tagText(tagOfNumber(parseInt(name, 16))) : name;
  return /^[\w.(),-]{1,64}$/.test(tag) ? `'${tag}'` : 'a name that is not an attribute';
}

const refuse = (message: string): { readonly ok: false; readonly error: QueryProblem } => fail({ message });

/** A key tree while it grows. */
class Branch {
  readonly #nodes = new Map<string, { matcher: Matcher } | { branch: Branch }>();

  /** False when the place is taken. */
  plant(path: readonly string[], matcher: Matcher): boolean {
    const [head, ...rest] = path;
    if (head === undefined) return false;
    const there = this.#nodes.get(head);
    if (rest.length === 0) {
      if (there) return false;
      this.#nodes.set(head, { matcher });
      return true;
    }
    if (there && 'matcher' in there) return false;
    const branch = there?.branch ?? new Branch();
    this.#nodes.set(head, { branch });
    return branch.plant(rest, matcher);
  }

  get tree(): KeyTree {
    return new Map(
      [...this.#nodes].map(([key, node]) => [key, 'branch' in node ? { items: node.branch.tree } : node] as const),
    );
  }
}
