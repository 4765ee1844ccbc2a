import { describe, expect, jest, test } from '@jest/globals';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { announceHarvest, askers, openLeadership, type DatabaseOptions } from '../../src/ledger/index.js';
import { ms } from '../../src/domain/index.js';
import { embeddedIn, onBothDatabases, soon, temporaryFolder, until } from './databases.js';

jest.setTimeout(120_000);

const announced = (options: DatabaseOptions, slept: number[] = []) =>
  announceHarvest(options, {
    lookEveryMs: ms(50),
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return soon();
    },
  });

onBothDatabases('who asks the archives', (bench) => {
  test('a daemon and harvests see each other come and go', async () => {
    expect(await askers(bench.database.pool)).toEqual({ daemons: 0, harvests: 0 });
    const slept: number[] = [];
    const first = await announced(bench.options, slept);
    expect(first.seen()).toEqual({ daemons: 0, harvests: 1 });
    expect(slept).toEqual([]);
    expect(await askers(bench.database.pool)).toEqual({ daemons: 0, harvests: 1 });

    const leadership = openLeadership(bench.database, { broken: () => undefined });
    expect(await leadership.isLeader()).toBe(true);
    await until(() => JSON.stringify(first.seen()) === JSON.stringify({ daemons: 1, harvests: 1 }));
    // whoever comes later gives the daemon the time to see it
    const second = await announced(bench.options, slept);
    expect(slept).toEqual([50]);
    expect(second.seen()).toEqual({ daemons: 1, harvests: 2 });

    // one that does not lead asks too
    const another = openLeadership(bench.database, { broken: () => undefined });
    expect(await another.isLeader()).toBe(false);
    expect(await askers(bench.database.pool)).toEqual({ daemons: 2, harvests: 2 });
    await another.close();

    await first.close();
    await leadership.close();
    await until(async () => (await askers(bench.database.pool)).harvests === 1);
    await until(() => JSON.stringify(second.seen()) === JSON.stringify({ daemons: 0, harvests: 1 }));
    await second.close();
    await until(async () => (await askers(bench.database.pool)).harvests === 0);
  });
});

describe('a database that does not run', () => {
  test('is not started and not made; one that cannot be reached says nothing', async () => {
    const folder = join(temporaryFolder(), 'state');
    const presence = await announced(embeddedIn(folder));
    expect(presence.seen()).toEqual({ daemons: 0, harvests: 1 });
    expect(existsSync(folder)).toBe(false);
    await presence.close();
    rmSync(join(folder, '..'), { recursive: true });

    const away = await announced({ kind: 'site', url: 'postgres://nobody@127.0.0.1:9/none' });
    expect(away.seen()).toBe('unknown');
    await away.close();
  });
});
