import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditMessage, type AuditRecord } from '../../src/operations/audit/audit-message.js';
import { openAuditTrail, verifyAuditTrail } from '../../src/operations/audit/audit-trail.js';

const folder = mkdtempSync(join(tmpdir(), 'caliper-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RECORDS: readonly AuditRecord[] = [
  { event: { kind: 'application-start' }, by: undefined, outcome: 'success' },
  { event: { kind: 'sign-in' }, by: { name: 'ada', address: '10.0.0.7' }, outcome: 'success' },
  {
    event: { kind: 'report-seen', report: 'r-1', studyInstanceUID: '1.2.3' },
    by: { name: 'ada', address: '10.0.0.7' },
    outcome: 'success',
  },
  {
    event: { kind: 'contour-decided', report: 'r-1', studyInstanceUID: '1.2.3', decision: 'measurement 1: seed' },
    by: { name: 'ada', address: '10.0.0.7' },
    outcome: 'refused',
  },
  {
    event: {
      kind: 'object-stored',
      object: 'o-1',
      studyInstanceUID: '1.2.3',
      sopInstanceUID: '2.25.9',
      destination: 'pacs',
    },
    by: undefined,
    outcome: 'success',
  },
];
let files = 0;
async function trailOf(records: readonly AuditRecord[], file = join(folder, `${files++}.jsonl`)) {
  const trail = await openAuditTrail(file, { now: () => 0, forward: () => undefined, failed: () => undefined });
  if (!trail.ok) throw new Error(trail.error);
  for (const record of records) trail.value.record(record);
  const head = trail.value.head();
  await trail.value.close();
  return { file, head };
}
const verdict = async (file: string, head?: string) => {
  const verified = await verifyAuditTrail(file, head);
  if (!verified.ok) throw new Error(verified.error);
  return verified.value;
};

test('a trail goes on where it stopped, is whole, and is for its owner only', async () => {
  const { file, head } = await trailOf(RECORDS.slice(0, 2));
  await trailOf(RECORDS.slice(2), file);
  expect(await verdict(file, head)).toMatchObject({ kind: 'whole', lines: RECORDS.length });
  expect(statSync(file).mode & 0o077).toBe(0);
});

test('a byte that is changed, a line that is taken out, doubled, moved or put in: each is found, at its line', async () => {
  const { file } = await trailOf([...RECORDS, ...RECORDS]);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const tampered = join(folder, 'tampered.jsonl');
  const broken = async (changed: readonly string[]) => {
    writeFileSync(tampered, `${changed.join('\n')}\n`);
    return verdict(tampered);
  };
  await fc.assert(
    fc.asyncProperty(fc.nat(lines.length - 1), fc.nat(10_000), fc.nat(4), async (i, at, how) => {
      const line = lines[i]!;
      const changed = [...lines];
      if (how === 0) {
        const position = at % line.length;
        const other = line[position] === 'a' ? 'b' : 'a';
        changed[i] = line.slice(0, position) + other + line.slice(position + 1);
      } else if (how === 1) {
        if (i === lines.length - 1) return; // at the end nothing is missing between
        changed.splice(i, 1);
      } else if (how === 2) changed.splice(i, 0, line);
      else if (how === 3) {
        if (i === 0) return;
        [changed[i - 1], changed[i]] = [changed[i]!, changed[i - 1]!];
      } else changed.splice(i, 0, JSON.stringify({ n: i + 1, at: 'now', message: 'forged', hash: 'f'.repeat(64) }));
      const found = await broken(changed);
      expect(found.kind).toBe('broken');
      if (found.kind === 'broken') expect(Math.abs(found.line - (i + 1))).toBeLessThanOrEqual(1);
    }),
    { numRuns: 150, seed: 11 },
  );
  const head = (JSON.parse(lines.at(-1)!) as { hash: string }).hash;
  writeFileSync(tampered, `${lines.slice(0, -2).join('\n')}\n`);
  expect((await verdict(tampered)).kind).toBe('whole'); // what is cut off at the end is seen only from a head noted elsewhere
  expect(await verdict(tampered, head)).toMatchObject({ kind: 'broken', line: lines.length - 1 });
}, 60_000);

test('a line that a power cut left half-written is seen, and later lines are not lost', async () => {
  const { file } = await trailOf(RECORDS);
  appendFileSync(file, '{"n":6,"at":"20');
  await trailOf(RECORDS.slice(0, 1), file);
  expect(await verdict(file)).toMatchObject({ kind: 'broken', line: 6, intact: 5 });
  expect(readFileSync(file, 'utf8')).toMatch(/"n":6,"at":"1970/);
});

test('messages are well-formed, with the codes of PS3.16, whatever a name holds', () => {
  for (const record of RECORDS) {
    const text = auditMessage(record, new Date(0), 'host');
    expect(text).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?><AuditMessage><EventIdentification EventActionCode="[CRUE]"/,
    );
    expect(balanced(text)).toBe(true);
  }
  const odd = auditMessage(
    { event: { kind: 'sign-in' }, by: { name: `"><x a='&\u0000\ud800`, address: '::1' }, outcome: 'success' },
    new Date(0),
    'host',
  );
  expect(odd).toContain('UserID="&quot;&gt;&lt;x a=&#39;&amp;"');
  expect(balanced(odd)).toBe(true);
  const seen = auditMessage(RECORDS[2]!, new Date(0), 'host');
  expect(seen).toContain('csd-code="110103"');
  expect(seen).toContain('ParticipantObjectID="1.2.3"');
});

/** Every element that is opened is closed, in order. */
function balanced(text: string): boolean {
  const open: string[] = [];
  for (const [, close, name, self] of text.matchAll(/<(\/?)([A-Za-z]+)[^<>]*?(\/?)>/g)) {
    if (self) continue;
    if (!close) open.push(name!);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}
