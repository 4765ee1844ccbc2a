import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import {
  configurationChanges,
  effectiveSettings,
  exampleConfiguration,
  printedConfiguration,
  problemText,
  readConfiguration,
  settingsSchema,
} from '../../src/configuration/index.js';

const read = (text: string) => {
  const configuration = readConfiguration(text);
  if (!configuration.ok) throw new Error(configuration.error.map((p) => problemText('x.yaml', p)).join('\n'));
  return configuration.value;
};

const SMALL = {
  archives: [{ name: 'pacs', url: 'https://pacs.example/dicom-web' }],
  sources: [{ archive: 'pacs' }],
  destinations: [{ archive: 'pacs' }],
  rules: [{ store: { to: ['pacs'] } }],
};

describe('the example', () => {
  const example = exampleConfiguration('./config.schema.json');

  test('is what lies in deploy/, and works', () => {
    expect(readFileSync('deploy/config.example.yaml', 'utf8')).toBe(example);
    expect(JSON.parse(readFileSync('deploy/config.schema.json', 'utf8'))).toMatchObject(settingsSchema());
    expect(read(example).destinations[0]!.mode).toBe('shadow');
  });

  test('names every setting of the schema, each under its sentence', () => {
    const names = (node: ReturnType<typeof settingsSchema>): string[] =>
      [node, ...(node.anyOf ?? [])].flatMap((n) => [
        ...Object.entries(n.properties ?? {}).flatMap(([key, child]) => [key, ...names(child)]),
        ...(n.items ? names(n.items) : []),
      ]);
    // what a list of small objects holds stands in its one line
    const missing = [...new Set(names(settingsSchema()))].filter(
      (key) => !new RegExp(`\\b${key}: `).test(`${example} `),
    );
    const withoutExample = ['$schema', 'archives', 'sources', 'destinations', 'rules', 'role', 'password'];
    expect(
      missing.filter((key) => !withoutExample.includes(key) && !new RegExp(`\\b${key}:$`, 'm').test(example)),
    ).toEqual([]);
  });

  test('what stands as a comment is a setting: each one alone, without its comment sign, is read', () => {
    const lines = example.split('\n');
    const commented = lines.flatMap((line, i) => (/^ *# [A-Za-z]+: \S/.test(line) && !line.includes('...') ? [i] : []));
    const settings = commented.filter((i) =>
      /^ *# (findingSite|pseudonymKey|sources|withdrawn|purpose|viewer|file): (?!\[radiology\])/.test(lines[i]!),
    );
    expect(settings.length).toBeGreaterThan(5);
    for (const i of settings) {
      const key = /# (\w+)/.exec(lines[i]!)![1]!;
      const text = lines.map((line, j) => (j === i ? line.replace('# ', '') : line)).join('\n');
      // a group of which nothing else is set stands as a comment too
      const whole = key === 'file' ? text.replace('# audit:', 'audit:') : text;
      expect({ key, works: readConfiguration(whole).ok }).toEqual({ key, works: true });
    }
  });

  test('an issuer stands as a comment as a whole, and is read without its comment signs', () => {
    const [before, rest] = example.split('  # oidc:\n') as [string, string];
    const block = /^(?: {4,}#.*\n| {4,}.*\n|.*taken\.\n)+/.exec(rest)![0];
    const settings = block.replaceAll(/# (?=[A-Za-z]+:(?: |$))/gm, '');
    const read = readConfiguration(`${before}  oidc:\n${settings}${rest.slice(block.length)}`);
    expect(read).toMatchObject({
      ok: true,
      value: { page: { oidc: { audience: 'caliper', client: { id: 'caliper' } } } },
    });
  });
});

describe('what a file comes to', () => {
  test('printed, it is a file that means the same; what the file does not say is marked', () => {
    const text = stringify(SMALL);
    const printed = printedConfiguration(text);
    expect(read(printed)).toEqual(read(text));
    expect(printed).toMatch(/^ {4}timeZone: UTC # default$/m);
    expect(printed).toMatch(/^ {4}url: https:\/\/pacs.example\/dicom-web$/m);
  });

  test('for any choice of settings', () => {
    fc.assert(
      fc.property(
        fc.record({
          requestsPerSecond: fc.integer({ min: 1, max: 1000 }),
          watch: fc.array(
            fc.record({ studyDates: fc.integer({ min: 1, max: 400 }), every: fc.integer({ min: 1, max: 60 }) }),
            {
              minLength: 1,
              maxLength: 4,
            },
          ),
          words: fc.array(fc.stringMatching(/^[ -~]{1,12}$/), { minLength: 1, maxLength: 4 }),
          mode: fc.constantFrom('live', 'shadow', 'paused'),
          archives: fc.integer({ min: 1, max: 3 }),
        }),
        ({ requestsPerSecond, watch, words, mode, archives }) => {
          const names = Array.from({ length: archives }, (_, i) => `pacs-${i}`);
          const text = stringify({
            archives: names.map((name) => ({
              name,
              url: `https://${name}.example/web`,
              budget: { requestsPerSecond },
            })),
            sources: names.map((archive) => ({
              archive,
              mode,
              watch: watch.map((w) => ({ studyDates: `${w.studyDates}d`, every: `${w.every}m` })),
            })),
            destinations: [{ archive: names[0] }],
            rules: [{ match: { finding: words }, store: { to: [names[0]] } }],
          });
          expect(read(printedConfiguration(text))).toEqual(read(text));
          expect(configurationChanges(text, printedConfiguration(text))).toEqual([]);
          for (const { path } of effectiveSettings(text)) expect(path).not.toBe('');
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  test('a difference names archives, not their places', () => {
    const other = {
      ...SMALL,
      archives: [
        { name: 'new', url: 'https://new.example' },
        { ...SMALL.archives[0], timeZone: 'Europe/Berlin' },
      ],
      destinations: [{ archive: 'pacs', mode: 'live' }],
    };
    const changes = configurationChanges(stringify(SMALL), stringify(other));
    expect(changes.filter((c) => !c.path.startsWith('archives[new]'))).toEqual([
      { path: 'archives[pacs].timeZone', before: 'UTC', after: 'Europe/Berlin' },
      { path: 'destinations[pacs].mode', before: 'shadow', after: 'live' },
    ]);
    expect(changes.some((c) => c.path === 'archives[new].url' && c.before === undefined)).toBe(true);
    expect(configurationChanges(stringify(SMALL), stringify(parse(stringify(SMALL))))).toEqual([]);
  });
});
