import { stringify } from 'yaml';
import { z } from 'zod';
import { configurationSchema } from './schema.js';

/** A node of the schema for editors (JSON Schema 2020-12), as far as it is read here. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly since?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** The schema of the file as people write it: durations are text, defaults may be left out. */
export function settingsSchema(): SchemaNode {
  made ??= z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
  return made;
}

/** It takes milliseconds to make, and only some commands ask for it. */
let made: SchemaNode | undefined;

/** The branch of a union that a value belongs to; the node itself where it is none. */
export const branchFor = (node: SchemaNode, value: unknown): SchemaNode =>
  (isRecord(value) ? node.anyOf?.find((branch) => branch.properties !== undefined) : undefined) ?? node;

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value on one line, as people write it in YAML: `{ studyDates: 2d, every: 1m }`, `[same]`. */
export function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (!isRecord(value)) return quotedWhereNeeded(value);
  const settings = Object.entries(value).map(([key, inner]) => `${key}: ${onOneLine(inner)}`);
  return settings.length === 0 ? '{}' : `{ ${settings.join(', ')} }`;
}

const quotedWhereNeeded = (value: unknown): string =>
  typeof value === 'string' && /[,{}[\]]/.test(value)
    ? `'${value.replaceAll("'", "''")}'`
    : stringify(value, { lineWidth: 0, singleQuote: true }).trim();
