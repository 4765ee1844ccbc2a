import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRules } from '../../src/cli/check-rule.js';
import { checkDifference, checkPrinted } from '../../src/cli/check-settings.js';
import { recordingTerminal } from './terminal.js';

const folder = mkdtempSync(join(tmpdir(), 'caliper-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, rules: string, mode = 'shadow'): string => {
  const path = join(folder, name);
  writeFileSync(
    path,
    `archives:
  - name: pacs
    url: https://pacs.example/dicom-web
    credentials: { basic: { user: env:CHECK_USER, password: env:CHECK_PASSWORD } }
sources: [{ archive: pacs }]
destinations: [{ archive: pacs, mode: ${mode} }]
rules:
${rules}
`,
  );
  return path;
};
const LUNG = '  - { name: lung, match: { findingSite: [lung] }, store: { to: [pacs] } }';
const ALL = '  - { name: all, store: { to: [pacs] } }';
const NODES = '  - { name: nodes, match: { finding: [lymph] }, store: { to: [pacs] } }';

test('--print-config prints every setting and no secret', async () => {
  process.env['CHECK_PASSWORD'] = 'correct horse';
  const terminal = recordingTerminal();
  expect(await checkPrinted({ config: file('a.yaml', ALL), json: false }, terminal)).toBe(0);
  const text = terminal.results.join('\n');
  expect(text).toContain('password: env:CHECK_PASSWORD');
  expect(text).not.toContain('correct horse');
  expect(text).toContain('confirm: read-back # default');
  const json = recordingTerminal();
  await checkPrinted({ config: file('a.yaml', ALL), json: true }, json);
  expect(json.results.map((line) => JSON.parse(line) as object)).toContainEqual({
    setting: 'destinations[0].confirm',
    value: 'read-back',
    from: 'default',
  });
});

test('--diff prints what changes, and whether reports are judged anew', async () => {
  const terminal = recordingTerminal();
  const [old, now] = [file('old.yaml', ALL), file('new.yaml', ALL, 'live')];
  expect(await checkDifference({ config: now, diff: old, json: false }, terminal)).toBe(0);
  expect(terminal.results.join('\n')).toMatch(/destinations\[pacs\]\.mode\s+shadow\s+live/);
  expect(terminal.notes.join('\n')).toContain('what is done stays done');
  const rules = recordingTerminal();
  await checkDifference({ config: file('rules.yaml', LUNG), diff: old, json: false }, rules);
  expect(rules.notes.join('\n')).toContain('rules or method differ');
  const same = recordingTerminal();
  await checkDifference({ config: old, diff: old, json: false }, same);
  expect(same.results).toEqual(['the same settings']);
});

test('--rule says of each measurement of a real file which rule takes it, and why the others do not', async () => {
  const report = 'test/fixtures/reports/dcmjs__0.4.7-aniso.dcm';
  const terminal = recordingTerminal();
  expect(
    await checkRules({ config: file('r.yaml', `${NODES}\n${LUNG}\n${ALL}`), file: report, json: true }, terminal),
  ).toBe(0);
  const lines = terminal.results.map(
    (line) => JSON.parse(line) as { rule: string; because: string[]; finding: string | null; destinations: string[] },
  );
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    expect(line.because).toHaveLength(3);
    expect(line.because[0]).toBe('nodes asks for another finding');
    expect(line.rule).toBe(line.because[1] === 'lung fits' ? 'lung' : 'all');
    expect(line.because[2]).toBe('all fits everything');
    expect(line.destinations).toEqual(['pacs']);
  }
  const refused = recordingTerminal();
  const negative = 'test/fixtures/reports/negative__pyd-echo-tid5200.dcm';
  expect(await checkRules({ config: file('n.yaml', ALL), file: negative, json: false }, refused)).toBe(1);
  expect(refused.notes[0]).toContain('no-measurements: The report carries no lesion measurements.');
});
