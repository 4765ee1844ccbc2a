import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { ms } from '../../../src/domain/index.js';
import {
  deleteState,
  openDatabase,
  openLedger,
  openLeadership,
  openQueue,
  type Claim,
  type Database,
  type DatabaseOptions,
} from '../../../src/ledger/index.js';
import { describeWith, postgresql } from '../../environment/peers.js';
import { compiled, LEDGER, openerProcess, STAY, type Opener } from '../compiled.js';
import {
  asRoot,
  embeddedIn,
  FOLDER_AS_ROOT,
  NOBODY,
  opened,
  temporaryFolder,
  Told,
  until,
  valueOf,
} from '../databases.js';

/** Made once: making a database is the longest part of these tests. */
let common: string;
const folders: string[] = [];
const databases: Database[] = [];
const processes: Opener[] = [];

beforeAll(async () => {
  compiled();
  common = temporaryFolder();
  await (await opened(embeddedIn(common))).close();
});
afterEach(async () => {
  for (const opener of processes.splice(0))
    if (opener.child.exitCode === null && !opener.child.killed) await opener.kill();
  for (const database of databases.splice(0)) await database.close();
  for (const folder of folders.splice(0)) await remove(folder);
  const next = await opened(embeddedIn(common));
  await next.pool.query('drop table if exists kept, once');
  await next.close();
});
afterAll(() => remove(common));

/** Deletes a state folder and its database; a server that a killed process left is stopped first. */
async function remove(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const deleted = await deleteState(embeddedIn(folder), new Told().world);
  if (!deleted.ok) rmSync(folder, { recursive: true, force: true }); // what a test made unusable
}

const newFolder = (): string => {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder;
};
const open = async (options: DatabaseOptions, told = new Told()): Promise<Database> => {
  const database = await opened(options, told);
  databases.push(database);
  return database;
};
const inProcess = (...args: Parameters<typeof openerProcess>): Opener => {
  const opener = openerProcess(...args);
  processes.push(opener);
  return opener;
};
const closed = async (database: Database): Promise<void> => {
  databases.splice(databases.indexOf(database), 1);
  await database.close();
};

/** Where the database of a state folder is: elsewhere as root. */
const placeOf = (folder: string): string =>
  asRoot && existsSync(join(folder, 'database-folder'))
    ? readFileSync(join(folder, 'database-folder'), 'utf8').trim()
    : folder;
const dataOf = (folder: string): string => join(placeOf(folder), 'postgresql');
const postmasterOf = (folder: string): number =>
  Number(readFileSync(join(dataOf(folder), 'postmaster.pid'), 'utf8').split('\n')[0]);
const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
const killServer = async (folder: string): Promise<void> => {
  const pid = postmasterOf(folder);
  process.kill(pid, 'SIGKILL');
  await until(() => !isRunning(pid));
};
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('an embedded database', () => {
  test('is made once, then started, and holds what was written', async () => {
    const folder = newFolder();
    const first = await open(embeddedIn(folder));
    expect([first.how, first.kind]).toEqual(['created', 'embedded']);
    await first.pool.query('create table kept (n bigint)');
    await first.pool.query('insert into kept values (9007199254740991)');
    const server = postmasterOf(folder);
    await closed(first);
    expect(isRunning(server)).toBe(false);
    const second = await open(embeddedIn(folder));
    expect(second.how).toBe('started');
    expect((await second.pool.query('select n from kept')).rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
  });

  test('listens on a socket that only its user can reach, keeps its promises to the disk, and logs no statements', async () => {
    const folder = common;
    const { pool, connection } = await open(embeddedIn(folder));
    const setting = async (name: string): Promise<unknown> =>
      (await pool.query<{ value: string }>('select current_setting($1) as value', [name])).rows[0]!.value;
    expect(await setting('listen_addresses')).toBe('');
    expect(await setting('fsync')).toBe('on');
    expect(await setting('shared_buffers')).toBe('32MB');
    expect(await setting('server_encoding')).toBe('UTF8');
    expect(await setting('lc_messages')).toBe('C');
    expect([modeOf(dataOf(folder)), modeOf(connection.host!)]).toEqual(['700', '700']);
    await expect(pool.query("select '1.2.840.99.7.8'::integer")).rejects.toThrow();
    await expect(pool.query('select $1::integer', ['1.2.840.99.7.8'])).rejects.toThrow();
    await pool.query('create table once (uid text primary key)');
    await pool.query("insert into once values ('1.2.840.99.7.8')");
    await expect(pool.query("insert into once values ('1.2.840.99.7.8')")).rejects.toThrow('unique');
    const log = readFileSync(join(placeOf(folder), 'postgresql.log'), 'utf8');
    expect(log).not.toContain('insert into');
    expect(log).not.toMatch(/Key \(uid\)/);
  });

  test('the environment of the daemon does not change it', async () => {
    const opener = inProcess(
      embeddedIn(common),
      "say((await database.pool.query('show timezone')).rows[0].TimeZone); await database.close(); say('closed')",
      {
        env: {
          PATH: process.env['PATH'],
          PGHOST: '127.0.0.1',
          PGDATA: '/nowhere',
          PGOPTIONS: '-c timezone=Asia/Tokyo',
          PGPORT: '1',
        },
      },
    );
    expect([await opener.heard(), await opener.heard(), await opener.heard()]).toEqual(['started', 'UTC', 'closed']);
  });

  test('a server that outlived its killed daemon is adopted, with all that was committed', async () => {
    const folder = common;
    const opener = inProcess(
      embeddedIn(folder),
      `await database.pool.query('create table kept (n integer)');
       for (let n = 1; ; n++) { await database.pool.query('insert into kept values ($1)', [n]); say(n); }`,
    );
    expect(await opener.heard()).toBe('started');
    while ((await opener.heard()) !== '50');
    await opener.kill();
    const server = postmasterOf(folder);
    expect(isRunning(server)).toBe(true);
    const next = await open(embeddedIn(folder));
    expect(next.how).toBe('adopted');
    expect(postmasterOf(folder)).toBe(server);
    expect((await next.pool.query<{ max: number }>('select max(n) from kept')).rows[0]!.max).toBeGreaterThanOrEqual(50);
    await closed(next);
    expect(isRunning(server)).toBe(false);
  });

  test('what a killed daemon was working on is taken over where it stood', async () => {
    const folder = common;
    const opener = inProcess(
      embeddedIn(folder),
      `await database.pool.query('drop schema if exists caliper cascade');
       const ledger = (await openLedger(database)).value;
       const found = { source: 's', studyInstanceUID: '1.2', seriesInstanceUID: '1.3', sopInstanceUID: '1.4' };
       await ledger.sight({ source: 's', found: [found], seriesCounts: new Map(), unchangedSeries: [], urgency: 'today' });
       await ledger.ensureRuns({ policyDigest: 'p', methodDigest: 'm' }, { kind: 'reports-without-run' });
       let claim = await ledger.claimRun('killed', 100);
       claim = (await ledger.moveRun(claim, { to: 'reading' })).value.claim;
       say((await ledger.moveRun(claim, { to: 'segmenting' })).value.claim.state); ${STAY}`,
    );
    expect([await opener.heard(), await opener.heard()]).toEqual(['started', 'segmenting']);
    await opener.kill();
    const database = await open(embeddedIn(folder));
    expect(database.how).toBe('adopted');
    const ledger = valueOf(await openLedger(database));
    let claim: Claim | undefined;
    await until(async () => (claim = await ledger.claimRun('next', ms(60_000))) !== undefined);
    expect(claim).toMatchObject({ state: 'segmenting', attempts: 1, owner: 'next' });
  });

  test('when daemon and server were both killed, it starts again over the stale lock file', async () => {
    const folder = common;
    const opener = inProcess(
      embeddedIn(folder),
      `await database.pool.query('create table kept as select generate_series(1, 1000) as n'); say('kept'); ${STAY}`,
    );
    while ((await opener.heard()) !== 'kept');
    await opener.kill();
    await killServer(folder);
    expect(existsSync(join(dataOf(folder), 'postmaster.pid'))).toBe(true);
    const next = await open(embeddedIn(folder));
    expect(next.how).toBe('started');
    expect((await next.pool.query('select count(*) as kept from kept')).rows).toEqual([{ kept: 1000 }]);
  });

  test('a stale lock file whose number another process has got meanwhile is no obstacle', async () => {
    const folder = common;
    await closed(await open(embeddedIn(folder)));
    const owner = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
    const other = spawn('sleep', ['1000'], { ...owner, stdio: 'ignore' });
    try {
      const file = join(dataOf(folder), 'postmaster.pid');
      writeFileSync(file, `${other.pid}\n${dataOf(folder)}\n1700000000\n5432\n/nowhere\n\n  1234567 65536\nready\n`);
      if (asRoot) chownSync(file, NOBODY, NOBODY);
      expect((await open(embeddedIn(folder))).how).toBe('started');
      expect(isRunning(other.pid!)).toBe(true);
    } finally {
      other.kill('SIGKILL');
    }
  });

  test('a second daemon on the folder is refused by name of the folder; a command beside it is not, and leaves it running', async () => {
    const folder = common;
    const opener = inProcess(embeddedIn(folder), STAY);
    expect(await opener.heard()).toBe('started');
    const refused = await openDatabase(embeddedIn(folder), new Told().world);
    expect(refused).toMatchObject({ ok: false, error: { code: 'state-folder-in-use' } });
    expect(!refused.ok && refused.error.says).toBe(
      `The state folder ${folder} is in use by caliper process ${opener.child.pid}. Stop it first, or give this one a folder of its own.`,
    );
    const guest = await open(embeddedIn(folder, 'guest'));
    expect(guest.how).toBe('found');
    await closed(guest);
    expect(isRunning(postmasterOf(folder))).toBe(true);
  });

  test('a command where no daemon runs starts it and stops it', async () => {
    const folder = common;
    const guest = await open(embeddedIn(folder, 'guest'));
    expect(guest.how).toBe('started');
    const server = postmasterOf(folder);
    await closed(guest);
    expect(isRunning(server)).toBe(false);
  });

  test('of daemons that start at once on a new folder, one gets it and the others are refused', async () => {
    const folder = newFolder();
    const openers = [1, 2, 3].map(() => inProcess(embeddedIn(folder), STAY));
    const heard = await Promise.all(openers.map((opener) => opener.heard()));
    const refused = heard.filter((text) => text.startsWith('state-folder-in-use'));
    expect(refused).toHaveLength(2);
    expect(heard.filter((text) => ['created', 'started', 'adopted'].includes(text))).toHaveLength(1);
  });

  test('a server that dies is started again under the same daemon, which keeps the folder', async () => {
    const folder = common;
    const told = new Told();
    const database = await open(embeddedIn(folder), told);
    await database.pool.query('create table kept as select 1 as n');
    await killServer(folder);
    const holders =
      "select 1 from pg_locks where locktype = 'advisory' and classid = 1667329129 and objid = 1 and granted";
    await until(async () => {
      const answers = await Promise.allSettled(['select n from kept', holders].map((sql) => database.pool.query(sql)));
      return (
        told.broken.length > 0 &&
        answers.every((answer) => answer.status === 'fulfilled' && answer.value.rowCount === 1)
      );
    });
    expect(told.lost).toEqual([]);
    const second = await openDatabase(embeddedIn(folder), new Told().world);
    expect(second).toMatchObject({ ok: false, error: { code: 'state-folder-in-use' } });
  });

  test('a worker of the queue goes on when the server comes back', async () => {
    const folder = common;
    const database = await open(embeddedIn(folder));
    const leadership = openLeadership(database, new Told().world);
    const failures: unknown[] = [];
    const queue = await openQueue(database, leadership, { failed: (_job, error) => failures.push(error) });
    const done: string[] = [];
    queue.work('search', { parallel: 1, pollMs: ms(20) }, ({ id }) => Promise.resolve(void done.push(id)));
    await queue.send({ kind: 'search', id: 'before' });
    await until(() => done.length === 1);
    await killServer(folder);
    await until(() =>
      queue.send({ kind: 'search', id: 'after' }).then(
        () => true,
        () => false,
      ),
    );
    await until(() => done.includes('after'));
    expect(await leadership.isLeader()).toBe(true);
    await queue.close();
    await leadership.close();
  });

  test('a daemon that has lost its folder to another is told so', async () => {
    const folder = common;
    const told = new Told();
    const database = await open(embeddedIn(folder), told);
    const thief = new Client(database.connection);
    await thief.connect();
    const stolen = thief.query('select pg_advisory_lock(1667329129, 1)');
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1667329129 and objid = 1 and granted",
    );
    await stolen;
    await until(() => told.lost.length > 0);
    expect(told.lost).toMatchObject([{ code: 'state-folder-in-use' }]);
    await thief.end();
  });

  test('a deep state folder gets a socket with a short path', async () => {
    const folder = join(newFolder(), ...Array<string>(6).fill('a-folder-with-a-rather-long-name'));
    folders.unshift(folder);
    const { connection } = await open(embeddedIn(folder));
    expect(connection.host!.length).toBeLessThan(90);
    expect(modeOf(connection.host!)).toBe('700');
    expect(statSync(connection.host!).uid).toBe(asRoot ? NOBODY : process.getuid!());
  });

  test('a folder that holds something else is left alone', async () => {
    const folder = newFolder();
    await closed(await open(embeddedIn(folder)));
    rmSync(join(dataOf(folder), 'PG_VERSION'));
    const result = await openDatabase(embeddedIn(folder), new Told().world);
    expect(result).toMatchObject({ ok: false, error: { code: 'state-folder-unusable' } });
    expect(readdirSync(dataOf(folder)).length).toBeGreaterThan(5);
  });

  test('a state folder that is a file is refused with words', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    const result = await openDatabase(embeddedIn(file), new Told().world);
    expect(result).toMatchObject({ ok: false, error: { code: 'state-folder-unusable' } });
    expect(!result.ok && result.error.says).toContain(`The state folder ${file} cannot be used`);
  });

  test('what a daemon left that was killed while making its database is removed', async () => {
    const folder = newFolder();
    const opener = inProcess(embeddedIn(folder), STAY);
    await until(
      () => existsSync(placeOf(folder)) && readdirSync(placeOf(folder)).some((name) => name.endsWith('.new')),
    );
    await opener.kill();
    const leftovers = () => readdirSync(placeOf(folder)).filter((name) => name.endsWith('.new'));
    let database = await open(embeddedIn(folder));
    // an initdb that outlived its daemon on a slow machine is left to the next start
    for (let starts = 0; leftovers().length > 0 && starts < 5; starts++) {
      await closed(database);
      database = await open(embeddedIn(folder));
    }
    expect(leftovers()).toEqual([]);
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describeWith({ postgresql: postgresql() }, 'with the programs of the machine', ({ postgresql: binaries }) => {
  test('they are run the same way', async () => {
    const database = await open({ ...embeddedIn(newFolder()), binaries });
    expect(
      (await database.pool.query<{ server_version: string }>('show server_version')).rows[0]!.server_version,
    ).toMatch(/^15/);
  });

  test('a database of another major version is refused with words, and not touched', async () => {
    const folder = newFolder();
    await closed(await open({ ...embeddedIn(folder), binaries }));
    const result = await openDatabase(embeddedIn(folder), new Told().world);
    expect(result).toMatchObject({ ok: false, error: { code: 'database-version-unsupported' } });
    expect(!result.ok && result.error.says).toMatch(/made by PostgreSQL 15, this installation brings 18\. Back it up/);
    const again = await open({ ...embeddedIn(folder), binaries });
    expect(again.how).toBe('started');
    await closed(again);
  });
});

(asRoot ? describe : describe.skip)('as root', () => {
  test('the server runs as another user, outside the state folder, from a copy that only root may change', async () => {
    const folder = common;
    chmodSync(folder, 0o700);
    const { connection } = await open(embeddedIn(folder));
    expect(placeOf(folder)).toMatch(new RegExp(`^${FOLDER_AS_ROOT}/[0-9a-f]{16}$`));
    expect(statSync(`/proc/${postmasterOf(folder)}`).uid).not.toBe(0);
    expect(statSync(dataOf(folder)).uid).toBe(statSync(`/proc/${postmasterOf(folder)}`).uid);
    expect(modeOf(FOLDER_AS_ROOT)).toBe('711');
    const program = readFileSync(`/proc/${postmasterOf(folder)}/cmdline`, 'utf8').split('\0')[0]!;
    expect(program.startsWith(FOLDER_AS_ROOT)).toBe(true);
    expect([statSync(program).uid, modeOf(program)]).toEqual([0, '755']);
    expect(connection.host!.startsWith(placeOf(folder))).toBe(true);
  });

  test('state folders do not share a database: not a deleted and new one, not a copy; one that was moved keeps its own', async () => {
    const folder = newFolder();
    const first = await open(embeddedIn(folder));
    await first.pool.query('create table kept as select 1 as n');
    await closed(first);
    const place = placeOf(folder);
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    folders.push(moved);
    const again = await open(embeddedIn(moved));
    expect((await again.pool.query('select n from kept')).rows).toEqual([{ n: 1 }]);
    await closed(again);
    cpSync(moved, folder, { recursive: true });
    const copy = await openDatabase(embeddedIn(folder), new Told().world);
    expect(copy).toMatchObject({ ok: false, error: { code: 'state-folder-unusable' } });
    expect(!copy.ok && copy.error.says).toContain(`${folder} is a copy of ${moved}`);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    const fresh = await open(embeddedIn(folder));
    expect(fresh.how).toBe('created');
    expect(placeOf(folder)).not.toBe(place);
  });

  test('a state folder is deleted with its database, but not while it is in use', async () => {
    const folder = newFolder();
    const database = await open(embeddedIn(folder));
    const place = placeOf(folder);
    expect(await deleteState(embeddedIn(folder), new Told().world)).toMatchObject({
      ok: false,
      error: { code: 'state-folder-in-use' },
    });
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await closed(database);
    expect(await deleteState(embeddedIn(folder), new Told().world)).toMatchObject({ ok: true });
    expect([existsSync(folder), existsSync(place)]).toEqual([false, false]);
  });

  test('a state folder that names a place outside root’s own is refused, and the place left alone', async () => {
    const folder = newFolder();
    const target = join(newFolder(), 'precious');
    mkdirSync(target);
    writeFileSync(join(folder, 'database-folder'), target);
    const told = new Told();
    for (const result of [
      await openDatabase(embeddedIn(folder), told.world),
      await deleteState(embeddedIn(folder), told.world),
    ])
      expect(result).toMatchObject({ ok: false, error: { code: 'state-folder-unusable' } });
    expect(statSync(target).uid).toBe(0);
  });

  test('a folder of that name that is not root’s is not used', async () => {
    const planted = join(newFolder(), 'planted');
    mkdirSync(planted);
    chownSync(planted, NOBODY, NOBODY);
    const options = { ...embeddedIn(newFolder()), folderAsRoot: planted };
    expect(await openDatabase(options, new Told().world)).toMatchObject({
      ok: false,
      error: { code: 'state-folder-unusable' },
    });
  });

  const readable = spawnSync(process.execPath, ['-e', `fs.accessSync(${JSON.stringify(LEDGER)})`], {
    uid: NOBODY,
    gid: NOBODY,
  });
  (readable.status === 0 ? describe : describe.skip)('and as an ordinary user beside it', () => {
    const user = { uid: NOBODY, gid: NOBODY };
    const done = "await database?.close(); say('closed')";

    test('an ordinary user needs nothing outside the state folder', async () => {
      const folder = newFolder();
      chownSync(folder, NOBODY, NOBODY);
      const opener = inProcess(
        embeddedIn(folder),
        `await database.pool.query('create table kept as select 1 as n'); ${done}`,
        user,
      );
      expect([await opener.heard(), await opener.heard()]).toEqual(['created', 'closed']);
      expect(readdirSync(folder).sort()).toEqual(['postgresql', 'postgresql.log', 'socket']);
      expect([modeOf(join(folder, 'postgresql')), modeOf(join(folder, 'socket'))]).toEqual(['700', '700']);

      // Root goes on where the user left off, as that user, and the user after it.
      const database = await open(embeddedIn(folder));
      expect(
        statSync(`/proc/${Number(readFileSync(join(folder, 'postgresql/postmaster.pid'), 'utf8').split('\n')[0])}`).uid,
      ).toBe(NOBODY);
      expect((await database.pool.query('select n from kept')).rows).toEqual([{ n: 1 }]);
      await closed(database);
      const again = inProcess(embeddedIn(folder), done, user);
      expect([await again.heard(), await again.heard()]).toEqual(['started', 'closed']);
    });

    test('an ordinary user does not start an empty ledger where root has one', async () => {
      const folder = newFolder();
      await closed(await open(embeddedIn(folder)));
      chownSync(folder, NOBODY, NOBODY);
      const opener = inProcess(embeddedIn(folder), '', user);
      expect(await opener.heard()).toContain(`state-folder-unusable: ${folder} was used by a daemon that ran as root`);
    });

    test('a closed state folder is refused with words', async () => {
      const folder = newFolder();
      chmodSync(folder, 0o755);
      const opener = inProcess(embeddedIn(folder), '', user);
      expect(await opener.heard()).toContain(
        `state-folder-unusable: The state folder ${folder} cannot be used (EACCES)`,
      );
    });
  });
});
