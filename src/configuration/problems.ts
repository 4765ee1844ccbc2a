import { isMap, isScalar, type Document, type LineCounter, type ParsedNode } from 'yaml';
import { z } from 'zod';
import { configurationSchema } from './schema.js';

/** What is wrong with a configuration, where, and what would be right. */
export interface ConfigurationProblem {
  /** Counted from 1; undefined where the problem is the file as a whole. */
  readonly line: number | undefined;
  /** `rules[0].store.to[1]`; empty for the file as a whole. */
  readonly path: string;
  readonly says: string;
}

export const problemText = (file: string, p: ConfigurationProblem): string =>
  `${file}${p.line === undefined ? '' : `:${p.line}`}: ${p.path ? `${p.path} ` : ''}${p.says}`;

type Path = readonly PropertyKey[];

/** Turns what the schema found into sentences with lines, nearest spelling included. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  document: Document<ParsedNode>,
  lines: LineCounter,
): ConfigurationProblem[] {
  const knownKeys = keysOf(z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' }));
  return issues.flatMap((issue): ConfigurationProblem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        line: lineOf(document, lines, [...issue.path, key]),
        path: pathText([...issue.path, key]),
        says: 'is not a setting' + didYouMean(key, knownKeys),
      }));
    // a union says only "invalid input"; its branches know what would have been right
    const branches = issue.code === 'invalid_union' ? issue.errors.flat().filter((e) => e.path.length === 0) : [];
    const says =
      branches.length > 0 ? `must be one of: ${[...new Set(branches.map(expectation))].join('; ')}` : sentence(issue);
    return [{ line: lineOf(document, lines, issue.path), path: pathText(issue.path), says }];
  });
}

const expectation = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  if (issue.code === 'invalid_type') return withArticle(issue.expected);
  return issue.message;
};

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return issue.input === undefined
      ? `is missing; it takes ${withArticle(issue.expected)}`
      : `must be ${withArticle(issue.expected)}`;
  if (issue.code === 'invalid_value') return `must be one of: ${issue.values.map(String).join(', ')}`;
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

const pathText = (path: Path): string =>
  path.map((p, i) => (typeof p === 'number' ? `[${p}]` : `${i > 0 ? '.' : ''}${String(p)}`)).join('');

/** The line of the deepest node of the path that is there: a missing key is reported where it should stand. */
function lineOf(document: Document<ParsedNode>, lines: LineCounter, path: Path): number | undefined {
  for (let depth = path.length; depth >= 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    if (depth > 0 && isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (isScalar(pair?.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line;
    }
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (node && typeof node === 'object' && 'range' in node && Array.isArray(node.range))
      return lines.linePos(node.range[0] as number).line;
  }
  return undefined;
}

/** Every key that the schema knows anywhere: a key is as often misplaced as misspelt. */
function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (schema === null || typeof schema !== 'object') return [];
  const properties = 'properties' in schema && schema.properties ? Object.keys(schema.properties) : [];
  return [...properties, ...Object.values(schema).flatMap(keysOf)];
}

function didYouMean(key: string, among: readonly string[]): string {
  const nearest = among
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance <= Math.max(2, key.length / 3) ? `; did you mean ${nearest.candidate}?` : '';
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

const withArticle = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
