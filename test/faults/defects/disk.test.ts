import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, openLedger, type Database, type Ledger, type Queue } from '../../../src/ledger/index.js';
import { startDaemon, type World } from '../../../src/pipeline/index.js';
import { DIGESTS, givenRuns, seeing } from '../../ledger/made-up.js';
import { Told, until, valueOf } from '../../ledger/databases.js';

const folder = mkdtempSync(join(tmpdir(), 'caliper-disk-'));
const mounted =
  process.getuid!() === 0 &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400m,mode=755', 'tmpfs', folder]).status === 0;
let database: Database | undefined;
beforeAll(async () => {
  if (!mounted) return;
  const opened = await openDatabase(
    { kind: 'embedded', folder: join(folder, 'state'), folderAsRoot: join(folder, 'databases'), as: 'daemon' },
    new Told().world,
  );
  database = valueOf(opened);
}, 60_000);
afterAll(async () => {
  await database?.close();
  if (mounted) spawnSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Fills the disk but for so many bytes; gives a way to free it again. */
async function filled(leave: number): Promise<() => void> {
  const file = join(folder, 'filler');
  const handle = openSync(file, 'w');
  const chunk = Buffer.alloc(1 << 20);
  try {
    for (let left = (await database!.freeBytes())! - leave; left > 0; left -= chunk.length)
      writeSync(handle, chunk, 0, Math.min(left, chunk.length));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  closeSync(handle);
  return () => rmSync(file);
}

(mounted ? test : test.skip)(
  'd13-disk-full-recovers',
  async () => {
    const ledger: Ledger = valueOf(await openLedger(database!));
    await givenRuns(ledger, 5);
    let committed = 5;
    for (const leave of [2_000_000, 300_000, 0]) {
      const free = await filled(leave);
      expect(await database!.freeBytes()).toBeLessThan(128 * 2 ** 20);
      // writes until one fails: each is whole, or did not happen
      for (let tries = 0; tries < 400; tries++) {
        const next = Array.from({ length: 100 }, (_, i) => committed + 1 + i);
        try {
          await ledger.sight(seeing(next));
          committed += 100;
        } catch {
          break;
        }
      }
      // it can still be read, if need be after the server has started again
      await until(async () => {
        try {
          return (await ledger.status()).reports >= 5;
        } catch {
          free.call(undefined); // a server that cannot even start on a full disk starts when there is space
          return false;
        }
      }).catch(() => undefined);
      try {
        free();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
      // space again: it goes on by itself, with all that was committed and nothing half
      await until(async () => {
        try {
          await ledger.sight(seeing([committed + 1]));
          return true;
        } catch {
          return false;
        }
      });
      committed += 1;
      expect((await ledger.status()).reports).toBe(committed);
    }
    await ledger.ensureRuns(DIGESTS, { kind: 'reports-without-run' });
    expect((await ledger.work()).due).toBe(committed);
  },
  180_000,
);

test('the intake stops first: while there is no room, no search is queued, and it goes on by itself', async () => {
  let room = true;
  const queued: string[] = [];
  const events: string[] = [];
  const queue: Pick<Queue, 'send' | 'work'> = {
    send: ({ id }) => Promise.resolve(queued.push(id) > 0 ? 'sent' : 'already-queued'),
    work: () => ({ stop: () => Promise.resolve() }),
  };
  const world = {
    sources: new Map(),
    destinations: new Map(),
    log: { event: (name: string) => void events.push(name) },
    now: Date.now,
  };
  const daemon = startDaemon(
    'test',
    [
      {
        source: 'pacs',
        timeZone: 'UTC',
        layers: [{ days: 2, everyMs: 1 }],
        carriers: [],
        since: undefined,
        quietHours: undefined,
      },
    ],
    { parallel: 1, retainEventsMs: undefined, hasRoom: () => Promise.resolve(room) },
    world as unknown as World,
    queue as Queue,
    { isLeader: () => Promise.resolve(true), close: () => Promise.resolve() },
  );
  await until(() => queued.length > 0);
  room = false;
  await until(() => events.includes('disk.low'));
  const before = queued.length;
  await new Promise((done) => setTimeout(done, 2_200));
  expect(queued).toHaveLength(before);
  room = true;
  await until(() => queued.length > before);
  expect(events).toEqual(['disk.low', 'disk.has-room']);
  await daemon.stop();
}, 60_000);
