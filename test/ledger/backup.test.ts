import { afterAll, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import {
  backupLines,
  deleteState,
  openDatabase,
  openLedger,
  restoreLines,
  type Database,
  type Ledger,
  type ReportNumber,
} from '../../src/ledger/index.js';
import { describeWith, postgresql } from '../environment/peers.js';
import { embeddedIn, opened, temporaryFolder, Told, valueOf } from './databases.js';
import { claimed, delivering, DIGESTS, key, LONG, seeing } from './made-up.js';

const folders: string[] = [];
const databases: Database[] = [];
afterAll(async () => {
  for (const database of databases) await database.close();
  for (const folder of folders) await deleteState(embeddedIn(folder), new Told().world);
});
const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder;
};
const open = async (options: Parameters<typeof opened>[0]): Promise<Database> => {
  const database = await opened(options);
  databases.push(database);
  return database;
};

/** Work in every state, and a person's decision. */
async function fill(ledger: Ledger): Promise<void> {
  const claim = await delivering(ledger, ['main-pacs']);
  await ledger.addReview({
    report: claim.report.number,
    measurementKey: key('1.1'),
    decision: 'accepted',
    by: 'someone',
  });
  await ledger.sight(seeing([2, 3]));
  await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
  const waits = await claimed(ledger, 'b');
  await ledger.moveRun(waits, { to: 'waiting', afterMs: LONG, reason: 'image-gone', attempt: 'counted' });
  await ledger.registerRole('destination', 'main-pacs', 'live');
  await ledger.pauseRole('destination', 'main-pacs', 'by someone');
}

async function linesOf(database: Database): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of backupLines(database)) lines.push(line);
  return lines;
}
const from = (lines: readonly string[]): AsyncIterable<string> => Readable.from(lines);

const told = async (ledger: Ledger) => ({
  stories: await Promise.all([1, 2, 3].map((n) => ledger.reportByNumber(n as ReportNumber))),
  roles: await ledger.roles(),
});

describeWith({ postgresql: postgresql() }, 'a backup', ({ postgresql: binaries }) => {
  test('of a database of PostgreSQL 15 is restored into one of 18, which refuses the folder itself and says how', async () => {
    const folder = newFolder();
    const old = await opened({ ...embeddedIn(folder), binaries });
    const ledger = valueOf(await openLedger(old));
    await fill(ledger);
    const before = await told(ledger);
    const lines = await linesOf(old);
    await old.close();

    const refused = await openDatabase(embeddedIn(folder), new Told().world);
    expect(!refused.ok && refused.error.says).toMatch(/PostgreSQL 15.*18.*caliper backup.*caliper restore/s);

    const fresh = await open(embeddedIn(newFolder()));
    const counts = valueOf(await restoreLines(fresh, from(lines)));
    expect(counts).toMatchObject({ report: 3, object: 1, review: 1, measurement: 2, delivery: 1 });
    const restored = valueOf(await openLedger(fresh));
    const after = await told(restored);
    // nobody works on a run any more, and all else is as it was
    const unowned = JSON.stringify(before).replaceAll(/"owner":"[^"]*",?/g, '');
    expect(JSON.stringify(after)).toBe(unowned);
    // what was under way goes on, with numbers that nobody had
    expect((await restored.claimRun('c', LONG))?.fence).toBeGreaterThan(0);
    await restored.sight(seeing([4]));
    expect((await restored.reportByNumber(4 as ReportNumber))?.report.number).toBe(4);
    expect(await restoreLines(fresh, from(lines))).toMatchObject({ ok: false, error: { code: 'ledger-not-empty' } });
  });
});

describe('a restore', () => {
  test('refuses what is no backup, an incomplete one, one of a newer program, and a ledger that somebody works on', async () => {
    const source = await open(embeddedIn(newFolder()));
    await fill(valueOf(await openLedger(source)));
    const lines = await linesOf(source);
    const target = await open(embeddedIn(newFolder()));
    const codeOf = async (given: readonly string[]) => {
      const result = await restoreLines(target, from(given));
      return result.ok ? 'restored' : result.error.code;
    };
    expect(await codeOf([])).toBe('not-a-backup');
    expect(await codeOf(['{"something":"else"}'])).toBe('not-a-backup');
    expect(await codeOf(['no JSON'])).toBe('not-a-backup');
    const [header, ...rest] = lines as [string, ...string[]];
    expect(await codeOf([header.replace(/"tables":\d+/, '"tables":999'), ...rest])).toBe('backup-newer');
    for (const cut of [lines.slice(0, -1), [header, ...rest.slice(1)], [header, rest[0]!.slice(0, 40)]])
      expect(await codeOf(cut)).toBe('backup-incomplete');
    const leader = await target.pool.connect();
    await leader.query('select pg_advisory_lock($1, $2)', [0x63616c69, 3]);
    expect(await codeOf(lines)).toBe('ledger-in-use');
    leader.release(true);
    // none of these left anything
    let code = await codeOf(lines);
    while (code === 'ledger-in-use') code = await codeOf(lines); // the connection is gone in a moment
    expect(code).toBe('restored');
  });
});
