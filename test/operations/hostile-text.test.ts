import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Allowance } from '../../src/operations/access/allowance.js';
import { letterHtml } from '../../src/operations/index.js';
import { measurementPicture } from '../../src/operations/measurement-picture.js';
import type { ReportNumber } from '../../src/ledger/index.js';
import { lesionViews } from '../../src/pipeline/index.js';
import { filesOf } from '../pipeline/altered-phantom.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { openPage, type OpenPage } from './open-page.js';

const HOSTILE = `<img src=x onerror="alert(1)">'\u202e`;

let small: SmallWorld;
let page: OpenPage;
beforeAll(async () => {
  const named = (item: Record<string, unknown>): void => {
    const [concept] = (item['ConceptNameCodeSequence'] ?? []) as Record<string, unknown>[];
    if (concept?.['CodeValue'] === '112039') item['TextValue'] = HOSTILE; // Tracking Identifier
    for (const inner of (item['ContentSequence'] ?? []) as Record<string, unknown>[]) named(inner);
  };
  const report = (dataSet: Record<string, unknown>) => {
    dataSet['Manufacturer'] = '<script>alert(2)</script>';
    named(dataSet);
  };
  small = await smallWorld('live', {}, filesOf({ name: 'hostile', reason: '', report }, 1));
  await small.work();
  page = await openPage(small);
}, 120_000);
afterAll(async () => {
  await page?.server.close();
  await small?.close();
}, 60_000);

test('what a report says is text on the page and in the letter, whatever it says', async () => {
  const text = await (await fetch(`${page.server.url}reports/r-1`)).text();
  expect(text).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;');
  expect(text).not.toContain('<img src=x');

  const facts = await small.world.ledger.letterFacts(new Date(0), new Date(Date.now() + 60_000));
  expect(facts.writers).toMatchObject([
    { writer: expect.stringContaining('<script>') as unknown, reports: 1, readable: 1 },
  ]);
  const story = (await small.world.ledger.reportByNumber(1 as ReportNumber))!;
  const pictures = [...(await lesionViews(story, small.world)).values()].flatMap((view) =>
    view.ok ? [{ report: 'r-1', picture: measurementPicture(view.value), outcome: 'stored' as const }] : [],
  );
  const letter = letterHtml({
    facts,
    from: new Date(0),
    until: new Date(86_400_000 * 7),
    softwareVersion: '0',
    load: [],
    searches: [{ source: '<b>', says: 'x', requestsADay: 1 }],
    destinations: [{ name: '<i>', mode: 'shadow' }],
    pictures,
  });
  expect(pictures).toHaveLength(1);
  expect(letter).not.toMatch(/<script|<b>|<i>/);
  expect(letter).toContain('&lt;script&gt;alert(2)&lt;/script&gt;');
  expect(letter).not.toMatch(/(src|href)="(?!data:)/);
});

test('so many in so long, and memory has an end', () => {
  let now = 0;
  const allowance = new Allowance({ most: 3, withinMs: 100, keys: 2 }, () => now);
  expect([1, 2, 3, 4].map(() => allowance.take('a'))).toEqual([true, true, true, false]);
  expect(allowance.take('b')).toBe(true);
  now = 100;
  expect(allowance.take('a')).toBe(true);
  expect(allowance.take('c')).toBe(true); // one of three keys is forgotten
  expect(allowance.isSpent('c')).toBe(false);
});
