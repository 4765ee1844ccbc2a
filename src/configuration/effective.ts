import { parse } from 'yaml';
import { branchFor, isRecord, onOneLine, settingsSchema, type SchemaNode } from './settings-tree.js';

/** One setting as it takes effect. */
export interface EffectiveSetting {
  /** `archives[0].budget.requestsPerSecond`. */
  readonly path: string;
  readonly value: unknown;
  readonly from: 'file' | 'default';
}

export interface SettingChange {
  readonly path: string;
  /** Undefined where it was not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Every setting of a valid configuration file with the value that takes effect. Secrets stand as their references, which is all that the file
 * holds of them.
 */
export const effectiveSettings = (text: string): readonly EffectiveSetting[] =>
  settingsIn(settingsSchema(), parse(text), '', 'file');

function settingsIn(
  schema: SchemaNode,
  value: unknown,
  path: string,
  from: EffectiveSetting['from'],
): EffectiveSetting[] {
  const node = branchFor(schema, value);
  if (node.properties && isRecord(value)) {
    const settings = Object.entries(node.properties).flatMap(([key, child]) => {
      const here = path === '' ? key : `${path}.${key}`;
      if (value[key] !== undefined) return settingsIn(child, value[key], here, from);
      return child.default === undefined ? [] : settingsIn(child, child.default, here, 'default');
    });
    return settings.length > 0 ? settings : [{ path, value, from }];
  }
  if (node.items?.properties && Array.isArray(value) && value.length > 0)
    return value.flatMap((item, i) => settingsIn(node.items!, item, `${path}[${i}]`, from));
  return [{ path, value, from }];
}

/** The effective configuration as YAML; what the file does not say is marked. */
export function printedConfiguration(text: string): string {
  const lines: string[] = [];
  let open: string[] = [];
  for (const { path, value, from } of effectiveSettings(text)) {
    const steps = path.split(/\.|(?=\[)/);
    let same = 0;
    while (same < steps.length - 1 && open[same] === steps[same]) same++;
    let dash = '';
    for (let i = same; i < steps.length - 1; i++) {
      const step = steps[i]!;
      if (step.startsWith('[')) dash = '- ';
      else {
        lines.push(`${indentOf(steps, i, dash)}${dash}${step}:`);
        dash = '';
      }
    }
    const note = from === 'default' ? ' # default' : '';
    lines.push(`${indentOf(steps, steps.length - 1, dash)}${dash}${steps.at(-1)}: ${onOneLine(value)}${note}`);
    open = steps.slice(0, -1);
  }
  return lines.join('\n');
}

/** List positions indent by the dash; a key beside the dash of its list stands two columns less. */
function indentOf(steps: readonly string[], depth: number, dash: string): string {
  const lists = steps.slice(0, depth).filter((step) => step.startsWith('[')).length;
  const keys = depth - lists;
  return ' '.repeat(2 * keys + 2 * lists - (dash === '' ? 0 : 2));
}

/**
 * What changes from one valid file to another. Archives, sources, destinations and rules are told apart by their names, so that one more in front
 * is one more, not a change of all.
 */
export function configurationChanges(before: string, after: string): readonly SettingChange[] {
  const old = byNamedPath(before);
  const now = byNamedPath(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => {
    const [was, is] = [old.get(path), now.get(path)];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ path, before: was, after: is }];
  });
}

function byNamedPath(text: string): ReadonlyMap<string, unknown> {
  const settings = effectiveSettings(text);
  const names = new Map<string, string>();
  for (const { path, value } of settings) {
    const found = /^(.*\[\d+\])\.(name|archive)$/.exec(path);
    if (found && typeof value === 'string' && !names.has(found[1]!)) names.set(found[1]!, value);
  }
  return new Map(
    settings.map(({ path, value }) => {
      let named = path;
      for (const [item, name] of names)
        if (named.startsWith(item)) named = `${item.replace(/\[\d+\]$/, '')}[${name}]${named.slice(item.length)}`;
      return [named, value];
    }),
  );
}
