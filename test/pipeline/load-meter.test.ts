import { expect, test } from '@jest/globals';
import { ms, type ArchiveRequest } from '../../src/domain/index.js';
import type { ArchiveLoad } from '../../src/ledger/index.js';
import { LoadMeter } from '../../src/pipeline/index.js';

const request = (more: Partial<ArchiveRequest> = {}): ArchiveRequest => ({
  archive: 'pacs',
  kind: 'search',
  outcome: 'success',
  sentBytes: 1,
  receivedBytes: 100,
  took: ms(7),
  ...more,
});

test('adds up by archive, hour and kind, and writes everything once', async () => {
  let now = Date.parse('2026-03-02T10:59:59Z');
  const meter = new LoadMeter(() => now);
  meter.add(request());
  meter.add(request({ outcome: 'not-there' }));
  meter.add(request({ outcome: 'refused', kind: 'store' }));
  now += 2_000;
  meter.add(request({ outcome: 'no-answer' }));
  const written: (readonly ArchiveLoad[])[] = [];
  const ledger = { addArchiveLoad: (loads: readonly ArchiveLoad[]) => Promise.resolve(void written.push(loads)) };
  await meter.writeTo(ledger);
  await meter.writeTo(ledger);
  const ten = new Date('2026-03-02T10:00:00Z');
  const same = { archive: 'pacs', sentBytes: 1, receivedBytes: 100, tookMs: 7, requests: 1 };
  expect(written).toEqual([
    [
      { ...same, kind: 'search', hour: ten, requests: 2, failures: 0, sentBytes: 2, receivedBytes: 200, tookMs: 14 },
      { ...same, kind: 'store', hour: ten, failures: 1 },
      { ...same, kind: 'search', hour: new Date('2026-03-02T11:00:00Z'), failures: 1 },
    ],
    [],
  ]);
});

test('what a database did not take is written with what came meanwhile', async () => {
  const meter = new LoadMeter(() => 0);
  meter.add(request());
  let refuse: (error: Error) => void = () => undefined;
  const writing = meter.writeTo({ addArchiveLoad: () => new Promise((_, reject) => (refuse = reject)) });
  await Promise.resolve();
  meter.add(request());
  refuse(new Error('away'));
  await expect(writing).rejects.toThrow('away');
  let written: readonly ArchiveLoad[] = [];
  await meter.writeTo({ addArchiveLoad: (loads) => Promise.resolve(void (written = loads)) });
  expect(written).toMatchObject([{ requests: 2, receivedBytes: 200, tookMs: 14 }]);
});
