import { afterEach, expect, test } from '@jest/globals';
import { openPage, type OpenPage } from './open-page.js';
import { ms } from '../../src/domain/index.js';
import { startMetrics } from '../../src/operations/index.js';
import { smallWorld, type SmallWorld } from '../pipeline/small-world.js';

let small: SmallWorld | undefined;
let page: OpenPage | undefined;
afterEach(async () => {
  await page?.server.close();
  await small?.close();
});

/** Prometheus text format 0.0.4: a comment, or name{labels} value. */
const LINE = /^(#.*|[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="[^"\\\n]*",?)*\})? (-?[\d.e+-]+|\+Inf|NaN))$/;

test('metrics and readiness: true to the ledger, in the format, and without a word of the patient', async () => {
  small = await smallWorld('live');
  const logged: string[] = [];
  const metrics = startMetrics({ event: (name) => logged.push(name) });
  page = await openPage(small, undefined, {
    log: metrics.log,
    metrics,
    network: () => ({ state: 'ready', provider: 'cpu', because: 'asked for' }),
  });
  await small.world.ledger.pauseRole('source', 'pacs', 'by test');
  expect(await (await fetch(`${page.server.url}readyz`)).json()).toEqual({
    status: 'ready',
    paused: ['source:pacs'],
    network: { state: 'ready', provider: 'cpu', because: 'asked for' },
  });
  await small.world.ledger.resumeRole('source', 'pacs');

  await small.work({ ...small.world, log: metrics.log });
  for (const outcome of ['success', 'success', 'not-there'] as const)
    metrics.request({ archive: 'pacs', kind: 'search', outcome, sentBytes: 3, receivedBytes: 1000, took: ms(250) });
  const answer = await fetch(`${page.server.url}metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/);
  const text = await answer.text();
  for (const line of text
    .trimEnd()
    .split('\n')
    .filter((l) => l !== ''))
    expect(line).toMatch(LINE);
  expect(text).toContain('caliper_reports 1\n');
  expect(text).toContain('caliper_measurements{outcome="stored"} 1\n');
  expect(text).toContain('caliper_network{state="ready",provider="cpu"} 1\n');
  expect(text).toContain('caliper_role_mode{role="source",name="pacs",mode="live"} 1\n');
  expect(text).toContain('caliper_events_total{event="object.stored",reason="",archive="pacs"} 1\n');
  expect(text).toMatch(/caliper_took_seconds_bucket\{le="300",event="report.done"\} 1\n/);
  expect(text).toContain('caliper_archive_requests_total{archive="pacs",kind="search",outcome="success"} 2\n');
  expect(text).toContain('caliper_archive_bytes_total{archive="pacs",direction="received"} 3000\n');
  expect(text).toContain('caliper_archive_request_seconds_bucket{le="0.3",archive="pacs",kind="search"} 3\n');
  expect(text).toContain('caliper_archive_request_seconds_bucket{le="0.1",archive="pacs",kind="search"} 0\n');
  expect(logged).toContain('object.stored'); // what is counted is still logged
  for (const uid of (await small.world.ledger.writtenObjects({ limit: 9 })).map((o) => o.sopInstanceUID))
    expect(text).not.toContain(uid);
}, 60_000);

test('a database that does not answer makes the process not ready, not dead', async () => {
  small = await smallWorld('live');
  page = await openPage(small, undefined, {
    ledger: { ...small.world.ledger, roles: () => Promise.reject(new Error('connection refused')) },
  });
  const answer = await fetch(`${page.server.url}readyz`);
  expect([answer.status, await answer.json()]).toEqual([503, { status: 'not-ready', because: 'database-unreachable' }]);
  expect((await fetch(`${page.server.url}healthz`)).status).toBe(200);
}, 60_000);
