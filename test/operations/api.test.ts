import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { API_ROUTES } from '../../src/operations/index.js';
import type { Route } from '../../src/operations/route.js';
import { filesOf } from '../pipeline/altered-phantom.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';
import { openPage, type OpenPage } from './open-page.js';

let small: SmallWorld;
let page: OpenPage;

beforeAll(async () => {
  small = await smallWorld('live', {}, [...filesOf(undefined, 1), ...filesOf(undefined, 2), ...filesOf(undefined, 3)]);
  page = await openPage(small);
}, 120_000);
afterAll(async () => {
  await page?.server.close();
  await small?.close();
}, 60_000);

const api = (path: string, body?: unknown): Promise<Response> =>
  fetch(`${page.server.url}api/v1${path}`, {
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
const json = async (path: string, body?: unknown) => (await (await api(path, body)).json()) as Record<string, unknown>;
const schemaOf = (path: string, method = 'get') =>
  API_ROUTES.find((r) => r.path === `/api/v1${path}` && r.method === method)!.answers!.schema;

test('references are looked up at their source, whatever the search windows are; nothing else is taken', async () => {
  const studies = ['2.25.1001.1', '2.25.1002.1', '2.25.1003.1'];
  const first = await api('/references', { source: 'pacs', references: [{ study: studies[0] }] });
  expect([first.status, await first.json()]).toEqual([202, { found: 1, new: 1 }]);
  const one = { study: studies[1], series: '2.25.1002.4', instance: '2.25.1002.5' };
  expect(await json('/references', { source: 'pacs', references: [one] })).toEqual({ found: 1, new: 1 });
  const rest = studies.map((study) => ({ study }));
  expect(await json('/references', { source: 'pacs', references: rest })).toEqual({ found: 3, new: 1 });
  expect((await api('/references', { source: 'nowhere', references: rest })).status).toBe(404);
  for (const bad of [
    { source: 'pacs', references: [] },
    { source: 'pacs', references: [{ study: '1.2.3', patient: 'X' }] },
    { source: 'pacs', references: [{ study: '../../etc' }] },
    { source: 'pacs', references: [{ study: '1.2', instance: '1.3' }] },
    { source: 'pacs', references: rest, url: 'https://elsewhere.example' },
  ])
    expect((await api('/references', bad)).status).toBe(400);
  const long = await api('/references', { source: 'pacs', references: [{ study: '1'.repeat(70_000) }] });
  expect([long.status, long.headers.get('content-type')]).toEqual([413, 'application/problem+json; charset=utf-8']);
  await small.work();
  expect((await small.world.ledger.status()).outcomes.stored).toBe(3);
}, 60_000);

test('answers are what the document says, and pages put together are the whole', async () => {
  for (const path of ['/status', '/reports', '/objects', '/roles'])
    expect({ path, problem: schemaOf(path).safeParse(await json(path)).error?.message }).toEqual({
      path,
      problem: undefined,
    });
  expect(schemaOf('/reports/:report').safeParse(await json('/reports/r-1')).error?.message).toBeUndefined();
  const contours = await json('/reports/r-1/measurements/1/contours');
  expect(contours['contours']).toEqual([]); // it is stored, nobody is asked

  for (const [path, key] of [
    ['/reports', 'reports'],
    ['/objects', 'objects'],
  ] as const) {
    const whole = (await json(`${path}?limit=500`))[key] as unknown[];
    const pages: unknown[] = [];
    for (let next: number | undefined | null = undefined, i = 0; i < 9 && next !== null; i++) {
      const answer: Record<string, unknown> = await json(
        `${path}?limit=1${next === undefined ? '' : `&before=${next}`}`,
      );
      pages.push(...(answer[key] as unknown[]));
      next = answer['next'] as number | null;
    }
    expect(pages).toEqual(whole);
    expect(whole).toHaveLength(3);
  }
  expect((await json('/reports?outcome=stored&source=pacs'))['reports']).toHaveLength(3);
  expect((await json('/reports?outcome=failed'))['reports']).toEqual([]);
  expect((await json('/reports?to=2000-01-01'))['reports']).toEqual([]);
}, 60_000);

test('what cannot be is a problem with its reason (RFC 9457)', async () => {
  for (const [path, status] of [
    ['/reports?limit=0', 400],
    ['/reports?limit=501', 400],
    ['/reports?outcome=fine', 400],
    ['/reports?from=yesterday', 400],
    ['/reports?source=%00', 400],
    ['/reports/r-999', 404],
    ['/reports/r-1/measurements/99/contours', 404],
    ['/nothing', 404],
  ] as const) {
    const answer = await api(path);
    expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
      path,
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(await answer.json()).toMatchObject({ status, title: expect.any(String) as unknown });
  }
  expect((await api('/replay', {})).status).toBe(400); // an empty selection would be everything
  // what PostgreSQL holds in no text is no name either, for the page as for the API
  expect((await api('/replay', { source: 'a\0b' })).status).toBe(400);
  expect((await fetch(`${page.server.url}worklist?source=%00`)).status).toBe(200);
});

test('pause, resume and replay do what the page does', async () => {
  const modeOf = (answer: Record<string, unknown>) =>
    (answer['roles'] as { role: string; mode: string; paused: string | null }[]).find((r) => r.role === 'source')!;
  expect(modeOf(await json('/roles/source/pacs/pause', {}))).toMatchObject({ mode: 'paused', paused: 'by loopback' });
  expect(modeOf(await json('/roles/source/pacs/resume', {}))).toMatchObject({ mode: 'live', paused: null });
  expect((await api('/roles/source/other/pause', {})).status).toBe(404);
  expect(await json('/replay', { reports: ['r-2'] })).toEqual({ reports: ['r-2'] });
  await small.work();
  expect((await small.world.ledger.writtenObjects({ limit: 9 })).length).toBe(3); // worked again, stored once
}, 60_000);

test('the document names every row, its parameters and its schemas', async () => {
  const document = (await json('/openapi.json')) as { openapi: string; paths: Record<string, Record<string, object>> };
  expect(document.openapi).toBe('3.1.0');
  for (const { path, method } of API_ROUTES)
    expect(document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method]).toMatchObject({
      responses: { default: expect.anything() as unknown },
    });
});

/** An address cannot hold half a character. */
const wellFormed = (text: string): string => text.replace(/[\ud800-\udfff]/gu, '?');

const odd = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    'r-1',
    'r-0',
    '1e9',
    '%00',
    '\u202e',
    "' or 1=1--",
    '1.2.3',
    'a'.repeat(300),
    '\ud800',
    '9'.repeat(30),
  ),
  fc.integer().map(String),
);
const anyBody = (route: Route): fc.Arbitrary<unknown> =>
  route.body === undefined
    ? fc.constant(undefined)
    : fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.record(
          {
            source: fc.oneof(odd, fc.constant('pacs')),
            references: fc.array(fc.record({ study: odd, series: odd, instance: odd }, { requiredKeys: ['study'] }), {
              maxLength: 3,
            }),
            reports: fc.array(odd, { maxLength: 3 }),
            reason: odd,
            from: odd,
            run: fc.oneof(fc.integer(), odd),
            candidate: fc.constantFrom('seed', 'none', 'x'),
            maskSha256: fc.constantFrom(null, 'a'.repeat(64), 'x'),
          },
          { requiredKeys: [] },
        ),
      );

test('whatever is sent, the answer is no failure of ours', async () => {
  const runs = process.env['CALIPER_LONG'] === '1' ? 3000 : 120;
  const call = fc.constantFrom(...API_ROUTES).chain((route) =>
    fc.record({
      route: fc.constant(route),
      values: fc.array(odd, { minLength: 2, maxLength: 2 }),
      query: fc.dictionary(fc.constantFrom('limit', 'before', 'outcome', 'reason', 'source', 'from', 'to'), odd, {
        maxKeys: 4,
      }),
      body: anyBody(route),
    }),
  );
  await fc.assert(
    fc.asyncProperty(call, async ({ route, values, query, body }) => {
      let i = 0;
      const path = route.path.replace(/:\w+/g, () => encodeURIComponent(wellFormed(values[i++] || 'r-1')));
      const address = new URL(page.server.url.slice(0, -1) + path);
      for (const [key, value] of Object.entries(query)) address.searchParams.set(key, wellFormed(value));
      const answer = await fetch(address, {
        method: route.method.toUpperCase(),
        ...(route.method === 'post'
          ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}) }
          : {}),
      });
      const text = await answer.text();
      // 503 and 502: the archive's word on UIDs that it cannot make sense of, and 429: we asked too often
      expect({
        path,
        status: answer.status,
        fine: answer.status < 500 || [502, 503].includes(answer.status),
      }).toMatchObject({ fine: true });
      if (answer.status >= 400 && answer.status !== 429)
        expect([path, JSON.parse(text)]).toEqual([path, expect.objectContaining({ status: answer.status }) as unknown]);
    }),
    { numRuns: runs, seed: 5 },
  );
  expect(page.logged).not.toContain('page.failed');
}, 600_000);
