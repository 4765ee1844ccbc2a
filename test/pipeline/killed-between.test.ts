import { afterAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { SOP_CLASS } from '../../src/domain/index.js';
import { openDatabase } from '../../src/ledger/index.js';
import { freePort } from '../environment/free-port.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { GatewayProcess } from '../faults/gateway-process.js';
import { filesOf } from './altered-phantom.js';
import { amends, otherMarks, reportAs } from './other-reports.js';
import { countsOf, evidenceOf, ownAmong } from './told-objects.js';

/** A moment at which the daemon is killed: when it sends an object of a class, before the archive gets it, or when the archive has stored it. */
interface Moment {
  readonly sends: 'result-report' | 'rejection-note';
  readonly when: 'before' | 'after';
}

const CLASSES = {
  'result-report': SOP_CLASS.Comprehensive3DSR,
  'rejection-note': SOP_CLASS.KeyObjectSelection,
} as const;

/** Every moment in the long run; else one of each kind. */
const MOMENTS: readonly Moment[] = [
  { sends: 'result-report', when: 'before' },
  ...(process.env['CALIPER_LONG'] === '1'
    ? ([
        { sends: 'result-report', when: 'after' },
        { sends: 'rejection-note', when: 'before' },
      ] as const)
    : []),
  { sends: 'rejection-note', when: 'after' },
];

const scratch = mkdtempSync(join(tmpdir(), 'caliper-killed-'));
afterAll(() => deleteWithDatabases(scratch));

/** Passes everything on to an archive; a store in which `hits` sees its moment is not answered. */
async function killingProxy(
  target: string,
  hits: (body: Buffer, when: Moment['when']) => boolean,
): Promise<{ readonly url: string; readonly server: Server }> {
  const { hostname, port, pathname } = new URL(target);
  const server = createServer((asked, answer) => {
    void (async () => {
      const body = await whole(asked);
      if (asked.method === 'POST' && hits(body, 'before')) return asked.socket.destroy();
      const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers });
      onward.end(body);
      const given = await new Promise<IncomingMessage>((done) => onward.once('response', done));
      const answered = await whole(given);
      if (asked.method === 'POST' && hits(body, 'after')) return asked.socket.destroy();
      answer.writeHead(given.statusCode ?? 500, given.headers);
      return answer.end(answered);
    })();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`, server };
}

async function whole(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('killed between a segmentation and its report, and between the report and the note: exactly one of each', async () => {
  const folder = join(scratch, 'archive');
  mkdirSync(folder);
  for (const { name, bytes } of filesOf(undefined, 1)) writeFileSync(join(folder, name), bytes);
  const archive: RunningArchive = await startArchive(
    { folder, host: '127.0.0.1', port: 0 },
    { randomUUID, report: () => undefined },
  );
  const moments = [...MOMENTS];
  const config = join(scratch, 'site.yaml');
  const gateway = new GatewayProcess(config);
  let killed: Promise<unknown> = Promise.resolve();
  const proxy = await killingProxy(archive.url, (body, when) => {
    const [next] = moments;
    if (next?.when !== when || !body.includes(CLASSES[next.sends])) return false;
    // a report names the class of its evidence too: what is sent is told by the file's own class, which comes first
    if (firstClass(body) !== CLASSES[next.sends]) return false;
    moments.shift();
    gateway.signal('SIGKILL');
    killed = gateway.ended();
    return true;
  });
  writeFileSync(
    config,
    `archives: [{ name: pacs, url: "${proxy.url}", budget: { requestsPerSecond: 400, megabytesPerSecond: 400 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 1s }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always, resultReport: true, rejectionNotes: allowed }]
rules: [{ store: { to: [pacs] } }]
page: { listen: "127.0.0.1:${await freePort()}" }
`,
  );
  const files = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.dcm'))
      .map((name) => new Uint8Array(readFileSync(join(folder, name))));
  /** Runs, and starts again whenever it was killed, until the archive holds so much. */
  const until = async (counts: ReturnType<typeof countsOf>) => {
    const end = Date.now() + 60_000;
    for (;;) {
      if (!gateway.running) {
        await gateway.ended();
        await gateway.start();
        await takeOver();
      }
      const now = JSON.stringify(countsOf(files()));
      if (now === JSON.stringify(counts)) return;
      if (Date.now() > end) throw new Error(`the archive holds ${now} after a minute, not ${JSON.stringify(counts)}`);
      await new Promise((done) => setTimeout(done, 200));
    }
  };
  try {
    await until({ SEG: 1, SR: 1, KO: 0 });
    const amendment = reportAs('2.25.1001.61', (report) => {
      amends(report);
      otherMarks(report);
    });
    const first = ownAmong(files());
    const stored = await fetch(`${archive.url}/studies/2.25.1001.1`, multipart(amendment));
    expect(stored.status).toBe(200);
    await until({ SEG: 2, SR: 2, KO: 1 });
    await killed;
    expect(moments).toEqual([]);
    // all that is known of is done, and nothing more comes of it
    if (!gateway.running) {
      await gateway.start();
      await takeOver();
    }
    await idle();
    expect(countsOf(files())).toEqual({ SEG: 2, SR: 2, KO: 1 });
    const own = ownAmong(files());
    expect(new Set(own.map(({ series }) => series)).size).toBe(5);
    const note = own.find(({ kind }) => kind === 'KO')!;
    expect([...evidenceOf(note)].sort()).toEqual(first.map(({ sop }) => sop).sort());
    expect(gateway.starts).toBe(MOMENTS.length + 1);
    expect(gateway.errors).toEqual([]);
    gateway.signal('SIGTERM');
    await gateway.ended();
  } finally {
    gateway.signal('SIGKILL');
    await gateway.ended();
    proxy.server.close();
    proxy.server.closeAllConnections();
    await archive.close();
  }
}, 300_000);

/** The class of the first file in a request, from its file meta information (0002,0002). */
function firstClass(body: Buffer): string {
  const at = body.indexOf(Buffer.from([0x02, 0x00, 0x02, 0x00, 0x55, 0x49]));
  const length = body.readUInt16LE(at + 6);
  return body.toString('latin1', at + 8, at + 8 + length).replace(/\0$/, '');
}

function multipart(bytes: Uint8Array): RequestInit {
  const head = Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n');
  return {
    method: 'POST',
    headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' },
    body: Buffer.concat([head, bytes, Buffer.from('\r\n--b--\r\n')]),
  };
}

async function inDatabase<T>(ask: (query: (sql: string) => Promise<{ rows: unknown[] }>) => Promise<T>): Promise<T> {
  const database = await openDatabase(
    { kind: 'embedded', folder: join(scratch, 'caliper-state'), as: 'guest' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!database.ok) throw new Error(database.error.says);
  try {
    return await ask((sql) => database.value.pool.query(sql));
  } finally {
    await database.value.close();
  }
}

/** What the killed process held, and what waits, is due now: how long leases and waits are is another test's matter. */
const takeOver = (): Promise<void> =>
  inDatabase(async (query) => {
    await query('update caliper.run set lease_until = now() where lease_until is not null');
    await query("update caliper.delivery set due = now() where state = 'waiting'");
    await query("update caliper.run set due = now() where state = 'waiting'");
  });

async function idle(): Promise<void> {
  await inDatabase(async (query) => {
    for (let quiet = 0, end = Date.now() + 60_000; quiet < 5;) {
      const { rows } = await query(
        "select state, reason from caliper.run where state in ('seen', 'reading', 'segmenting', 'delivering', 'waiting')",
      );
      if (Date.now() > end) throw new Error(`after a minute there is still work: ${JSON.stringify(rows)}`);
      quiet = rows.length === 0 ? quiet + 1 : 0;
      await new Promise((done) => setTimeout(done, 500));
    }
  });
}
