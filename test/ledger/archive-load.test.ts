import { expect, test } from '@jest/globals';
import type { ArchiveLoad } from '../../src/ledger/index.js';
import { onBothDatabases } from './databases.js';

const load = (more: Partial<ArchiveLoad> = {}): ArchiveLoad => ({
  archive: 'pacs',
  hour: new Date('2026-03-02T10:00:00Z'),
  kind: 'search',
  requests: 3,
  failures: 1,
  sentBytes: 10,
  receivedBytes: 2_000,
  tookMs: 50,
  ...more,
});

onBothDatabases('the load on archives', (bench) => {
  test('adds up over processes that write at once, by archive, hour and kind', async () => {
    const pair = [load(), load({ kind: 'store', requests: 1, failures: 0 })];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => bench.ledger.addArchiveLoad(i % 2 === 0 ? pair : [...pair].reverse())),
    );
    await bench.ledger.addArchiveLoad([load({ archive: 'archive', hour: new Date('2026-03-02T11:00:00Z') })]);
    expect(await bench.ledger.archiveLoad(new Date('2026-03-02T00:00:00Z'))).toEqual([
      load({ archive: 'archive', hour: new Date('2026-03-02T11:00:00Z') }),
      load({ requests: 60, failures: 20, sentBytes: 200, receivedBytes: 40_000, tookMs: 1_000 }),
      load({ kind: 'store', requests: 20, failures: 0, sentBytes: 200, receivedBytes: 40_000, tookMs: 1_000 }),
    ]);
  });

  test('gives the hour that a time is in and those after it, until another', async () => {
    const hours = ['08', '09', '10', '11'].map((h) => new Date(`2026-03-02T${h}:00:00Z`));
    await bench.ledger.addArchiveLoad(hours.map((hour) => load({ hour })));
    await bench.ledger.addArchiveLoad([]);
    const given = await bench.ledger.archiveLoad(new Date('2026-03-02T09:59:00Z'), hours[3]);
    expect(given.map(({ hour }) => hour)).toEqual([hours[1], hours[2]]);
  });

  test('counts more bytes than 32 bits hold, and a time within an hour belongs to it', async () => {
    const big = load({ hour: new Date('2026-03-02T10:47:11Z'), receivedBytes: 5e12, tookMs: 12.4 });
    await bench.ledger.addArchiveLoad([big, big]);
    expect(await bench.ledger.archiveLoad(new Date(0))).toMatchObject([
      { hour: new Date('2026-03-02T10:00:00Z'), receivedBytes: 1e13, requests: 6, tookMs: 24 },
    ]);
  });
});
