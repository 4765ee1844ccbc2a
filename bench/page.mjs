import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, openLedger } from '../dist/ledger/index.js';
import { startMetrics, startObservations, startPage } from '../dist/operations/index.js';

/** What a person waits for at most, in ms: the page is to answer 95 of 100 requests within it, with 100,000 reports in the ledger. */
const LIMIT_MS = 100;
const REPORTS = 100_000;
const ASKED = 40;
const PAGES = [
  '',
  'worklist',
  'worklist?outcome=held',
  'worklist?outcome=failed',
  'worklist?outcome=would-store',
  'worklist?reason=image-gone',
  'worklist?reason=low-agreement&source=small',
  'worklist?source=small',
  'worklist?from=2026-01-10&to=2026-01-12',
  'worklist?from=2026-01-10&to=2026-01-12&before=30000',
  'worklist?to=2026-01-12&outcome=failed',
  'worklist?from=2026-01-10&to=2026-01-12&outcome=would-store',
  'worklist?from=2026-01-01&to=2026-12-31&reason=image-gone&source=small',
  'worklist?before=50000',
  'reports/r-77777',
  'api/v1/reports?limit=500',
];

/** The page with 100,000 reports in the ledger; `peer` is the limit. Archives and pictures are not in it: they cost what the archive takes. */
export async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-page-'));
  const database = await openDatabase({ kind: 'embedded', folder, as: 'daemon' }, { broken() {}, lost() {} });
  if (!database.ok) throw new Error(database.error.says);
  try {
    const ledger = await openLedger(database.value);
    if (!ledger.ok) throw new Error(ledger.error.says);
    await fill(database.value.pool, ledger.value);
    return { peer: 'the limit of 100 ms', rows: await timed(ledger.value) };
  } finally {
    await database.value.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(pool, ledger) {
  for (const name of ['pacs', 'small']) await ledger.registerRole('source', name, 'live');
  const statements = [
    `insert into caliper.report (sop_instance_uid, study_instance_uid, series_instance_uid, urgency, unserved, first_seen)
     select '2.25.1' || i, '2.25.2' || i, '2.25.3' || i, 'today', false, timestamptz '2026-01-01Z' + i * interval '30 seconds'
     from generate_series(1, ${REPORTS}) i`,
    `insert into caliper.sighting (report, source, study_instance_uid, series_instance_uid, first_seen)
     select number, case when number % 500 = 0 then 'small' else 'pacs' end, study_instance_uid, series_instance_uid, first_seen
     from caliper.report`,
    `insert into caliper.run (report, policy_digest, method_digest, state, cause, urgency, opened, changed)
     select number, 'p', 'm', 'done', 'sighting', 'today', first_seen, first_seen from caliper.report`,
    `insert into caliper.measurement (run, key, position, outcome, reason, rule, method, agreement, findings)
     select r.id, '1.' || k, k, o[1], o[2], 'lesions', 'cosegmentation', 0.8, '[]'
     from caliper.run r, generate_series(1, 3) k, lateral (select (r.id * 7 + k * 13) % 200 as h) z,
       lateral (select case when h < 188 then array['stored', null] when h < 194 then array['held', 'low-agreement']
         when h < 199 then array['skipped', 'no-marks'] else array['failed', 'image-gone'] end as o) q`,
    `insert into caliper.event (run, to_state) select id, s from caliper.run, unnest(array['seen', 'reading', 'done']) s`,
    'vacuum analyze',
  ];
  for (const statement of statements) await pool.query(statement);
}

async function timed(ledger) {
  const metrics = startMetrics({ event() {} });
  const gone = () => Promise.resolve({ ok: false, error: 'image-gone' });
  const page = await startPage(
    { host: '127.0.0.1', port: 0 },
    {
      ledger,
      log: metrics.log,
      metrics,
      observations: startObservations(metrics.log, Date.now),
      now: Date.now,
      network: () => ({ state: 'not-asked-for' }),
      configuration: () => ({ loaded: new Date(), refused: undefined }),
      softwareVersion: '0',
      access: { reach: 'loopback', hosts: ['127.0.0.1'], tls: 'none', users: [], tokens: [], idleMs: 1e6 },
      audit() {},
      viewer: undefined,
      lesionViews: () => Promise.resolve(new Map()),
      neighbour: gone,
      replay: () => Promise.resolve([]),
      lookUp: gone,
    },
  );
  if (!page.ok) throw new Error(JSON.stringify(page.error));
  const rows = [];
  for (const path of PAGES) {
    const took = [];
    for (let i = 0; i < ASKED; i++) {
      const started = performance.now();
      const answer = await fetch(page.value.url + path);
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`/${path} answers ${answer.status}`);
      took.push(performance.now() - started);
    }
    took.sort((a, b) => a - b);
    const p95 = took[Math.ceil(0.95 * ASKED) - 1];
    rows.push({ what: `/${path}, p95`, ours: p95, peer: LIMIT_MS, unit: 'ms', ratio: LIMIT_MS / p95 });
  }
  await page.value.close();
  return rows;
}
