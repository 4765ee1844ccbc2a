/**
 * Reports a second from the first sweep to stored and read back, with 1, 2 and 4 daemons on one PostgreSQL of this machine and one Orthanc behind a
 * counting proxy: how the work scales, what share of the time requests of the archive are open, and how long the event loop of a daemon stands still.
 * There is no peer: nothing else does this; the column says one daemon.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createPort } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { makePhantomStudy } from '../dist/phantom/index.js';
import { orthancProcess } from './harness/orthanc-process.mjs';

const REPORTS = Number(process.env.REPORTS ?? 200);
const WORKERS = (process.env.WORKERS ?? '1,2,4').split(',').map(Number);
const ROUNDS = Number(process.env.ROUNDS ?? 1);
const root = new URL('..', import.meta.url).pathname;
const PROGRAMS = '/usr/lib/postgresql/15/bin';

const freePort = () =>
  new Promise((done) => {
    const server = createPort().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** The phantom's marked slices and its report, so many times: every UID ends in a number of its own of the same length. */
async function fill(archive) {
  const study = makePhantomStudy(1);
  const marked = new Set(study.truths.map((t) => t.imageUID));
  const files = study.files.filter(
    ({ name, bytes }) => name === 'report.dcm' || [...marked].some((uid) => Buffer.from(bytes).includes(uid)),
  );
  const uids = new Set(
    files.flatMap(
      ({ bytes }) =>
        Buffer.from(bytes)
          .toString('latin1')
          .match(/2\.25\.\d{20,39}/g) ?? [],
    ),
  );
  for (let n = 0; n < REPORTS; n++)
    for (const { bytes } of files) {
      let text = Buffer.from(bytes).toString('latin1');
      for (const uid of uids) text = text.replaceAll(uid, `${uid.slice(0, -5)}${String(10_000 + n)}`);
      await archive.upload(Buffer.from(text, 'latin1'));
    }
  return files.length;
}

/** Passes everything on, and adds up for how long at least one request was open. */
async function countingProxy(target) {
  const to = new URL(target);
  const counted = { requests: 0, open: 0, openSince: 0, busyMs: 0, summedMs: 0 };
  const server = createServer((incoming, outgoing) => {
    counted.requests++;
    const began = performance.now();
    if (counted.open++ === 0) counted.openSince = began;
    const over = () => {
      const now = performance.now();
      counted.summedMs += now - began;
      if (--counted.open === 0) counted.busyMs += now - counted.openSince;
    };
    const passed = httpRequest(
      {
        host: to.hostname,
        port: to.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...incoming.headers, host: to.host },
      },
      (response) => {
        outgoing.writeHead(response.statusCode, response.headers);
        response.pipe(outgoing).once('close', over);
      },
    );
    passed.once('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${server.address().port}${to.pathname}`, counted, close: () => server.close() };
}

async function site(folder) {
  const account = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
  mkdirSync(folder);
  if (account.uid) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const made = spawnSync(
    join(PROGRAMS, 'initdb'),
    ['-D', data, '-U', 'site', '-A', 'trust', '-E', 'UTF8', '--locale=C'],
    {
      ...account,
      cwd: folder,
      env: {},
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const server = spawn(
    join(PROGRAMS, 'postgres'),
    [
      '-D',
      data,
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `port=${port}`,
      '-c',
      `unix_socket_directories=${folder}`,
      '-c',
      'max_connections=100',
    ],
    { ...account, cwd: folder, env: {}, stdio: 'ignore' },
  );
  process.once('exit', () => server.kill('SIGKILL'));
  return { url: `postgres://site@127.0.0.1:${port}/postgres`, stop: () => server.kill('SIGINT') };
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function measured(workers, scratch) {
  const folder = join(scratch, `workers-${workers}-${Date.now()}`);
  mkdirSync(folder, { mode: 0o711 });
  const archive = await orthancProcess(folder);
  const images = await fill(archive);
  const proxy = await countingProxy(archive.url);
  const database = await site(join(folder, 'postgresql'));
  await pause(2_000);
  const daemons = [];
  const lags = [];
  for (let i = 0; i < workers; i++) {
    const port = await freePort();
    const config = join(folder, `worker-${i}.yaml`);
    writeFileSync(
      config,
      `archives: [{ name: pacs, url: "${proxy.url}", budget: { requestsPerSecond: 1000, megabytesPerSecond: 1000 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 1h }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always }]
rules: [{ store: { to: [pacs] } }]
database: { url: "env:BENCH_DATABASE" }
page: { listen: "127.0.0.1:${port}" }
`,
    );
    const child = spawn(process.execPath, [join(root, 'bin/caliper.mjs'), 'run', '--config', config], {
      env: { ...process.env, BENCH_DATABASE: database.url },
      stdio: ['ignore', 'ignore', 'inherit'].map((s, at) => (at === 2 && !process.env.VERBOSE ? 'ignore' : s)),
    });
    daemons.push({ child, metrics: `http://127.0.0.1:${port}/metrics` });
  }
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const query = async (sql) => (await client.query(sql).catch(() => ({ rows: [] }))).rows[0];
  for (;;) {
    const row = await query(
      "select count(*) filter (where state = 'done')::integer as done, count(*)::integer as all from caliper.run",
    );
    if (row && row.all >= REPORTS && row.done === row.all) break;
    for (const { metrics } of daemons) {
      const text = await fetch(metrics)
        .then((r) => r.text())
        .catch(() => '');
      const lag = /^nodejs_eventloop_lag_p99_seconds ([\d.e+-]+)/m.exec(text)?.[1];
      if (lag) lags.push(Number(lag) * 1000);
    }
    await pause(500);
  }
  const { seconds } = await query(
    `select extract(epoch from (select max(at) from caliper.event where to_state = 'done') - (select min(at) from caliper.event))::double precision as seconds`,
  );
  const { count: stored } = await query(
    "select count(*)::integer from caliper.delivery where state in ('stored', 'already-stored')",
  );
  const { count: objects } = await query('select count(*)::integer from caliper.object');
  if (stored !== objects) throw new Error(`${stored} of ${objects} objects are stored`);
  await client.end();
  for (const { child } of daemons) {
    child.kill('SIGTERM');
    await new Promise((ended) => child.once('exit', ended));
  }
  proxy.close();
  database.stop();
  archive.stop?.();
  const sorted = [...lags].sort((a, b) => a - b);
  return {
    perSecond: REPORTS / seconds,
    seconds,
    archiveShare: proxy.counted.busyMs / (seconds * 1000),
    requestsAReport: proxy.counted.requests / REPORTS,
    lag: sorted[Math.floor(sorted.length / 2)] ?? NaN,
    images,
  };
}

export async function bench() {
  if (!existsSync(PROGRAMS)) throw new Error(`this bench needs PostgreSQL's programs in ${PROGRAMS}`);
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-end-to-end-'));
  chmodSync(scratch, 0o711); // PostgreSQL runs as another user
  const rows = [];
  let one;
  try {
    for (const workers of WORKERS) {
      const all = [];
      for (let round = 0; round < ROUNDS; round++) all.push(await measured(workers, scratch));
      const best = all.sort((a, b) => a.perSecond - b.perSecond)[Math.floor(all.length / 2)];
      one ??= best;
      const what = `${workers} ${workers === 1 ? 'daemon' : 'daemons'}, ${REPORTS} reports of ${best.images - 1} images`;
      rows.push(
        { what, ours: best.perSecond, peer: one.perSecond, unit: 'reports/s', ratio: best.perSecond / one.perSecond },
        { what, ours: 100 * best.archiveShare, unit: '% of the time with a request open at the archive' },
        { what, ours: best.requestsAReport, unit: 'requests a report' },
        { what, ours: best.lag, unit: 'ms event-loop lag, p99 since the last scrape, median' },
      );
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { peer: 'one daemon', rows };
}
