import { readFile } from 'node:fs/promises';
import {
  configurationChanges,
  effectiveSettings,
  printedConfiguration,
  type SettingChange,
} from '../configuration/index.js';
import { bundleAskedFor } from './bundles.js';
import { loadConfiguration } from './configured-world.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ended } from './run.js';
import { runDigests } from './run-digests.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';

/** `caliper check --print-config`: what a file comes to, defaults marked; secrets stand as their references. */
export async function checkPrinted(
  options: { readonly config: string; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const configuration = await loadConfiguration(options.config);
  if (!configuration.ok) return ended(configuration.error, terminal);
  const text = await readFile(options.config, 'utf8');
  if (options.json)
    for (const { path, value, from } of effectiveSettings(text))
      terminal.out(JSON.stringify({ setting: path, value, from }));
  else terminal.out(printedConfiguration(text));
  return EXIT.done;
}

/** `caliper check --diff OLD`: what changes from another file to this one, and what follows for reports that are done. */
export async function checkDifference(
  options: { readonly config: string; readonly diff: string; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const [before, after] = [await loadConfiguration(options.diff), await loadConfiguration(options.config)];
  if (!before.ok) return ended(before.error, terminal);
  if (!after.ok) return ended(after.error, terminal);
  const changes = configurationChanges(await readFile(options.diff, 'utf8'), await readFile(options.config, 'utf8'));
  if (options.json) {
    for (const change of changes) terminal.out(JSON.stringify(asJson(change)));
    return EXIT.done;
  }
  if (changes.length === 0) {
    terminal.out('the same settings');
    return EXIT.done;
  }
  terminal.out(
    textTable(
      ['setting', 'before', 'after'],
      changes.map(({ path, before: was, after: is }) => [path, shown(was), shown(is)]),
    ),
  );
  const [old, now] = [await bundleAskedFor(before.value), await bundleAskedFor(after.value)];
  const [was, is] = [
    runDigests(before.value, old.ok ? old.value : undefined),
    runDigests(after.value, now.ok ? now.value : undefined),
  ];
  terminal.err(
    was.policyDigest === is.policyDigest && was.methodDigest === is.methodDigest
      ? 'rules and method are the same: what is done stays done'
      : 'rules or method differ: reports found from now on get the new ones, others when they are replayed',
  );
  return EXIT.done;
}

const shown = (value: unknown): string =>
  value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value);

const asJson = ({ path, before, after }: SettingChange) => ({
  setting: path,
  before: before ?? null,
  after: after ?? null,
});
