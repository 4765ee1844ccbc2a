import { expect, test } from '@jest/globals';
import { loadInPeriods, type ArchiveLoad } from '../../src/ledger/index.js';

const load = (archive: string, hour: string, kind: ArchiveLoad['kind'], requests: number): ArchiveLoad => ({
  archive,
  hour: new Date(hour),
  kind,
  requests,
  failures: 1,
  sentBytes: 10 * requests,
  receivedBytes: 100 * requests,
  tookMs: 5 * requests,
});

// the last hour of a day, and the first of the next
const LOADS = [
  load('a', '2026-03-01T23:00:00Z', 'retrieve', 3),
  load('a', '2026-03-01T23:00:00Z', 'search', 4),
  load('a', '2026-03-02T00:00:00Z', 'search', 5),
  load('b', '2026-03-01T23:00:00Z', 'store', 7),
];
const shown = (length: 'hour' | 'day' | 'whole') =>
  loadInPeriods(LOADS, length).map((p) => [p.archive, p.begins.toISOString().slice(0, 13), p.requests, p.failures]);

test('loads are added up by archive and hour, by day, and in all', () => {
  expect(shown('hour')).toEqual([
    ['a', '2026-03-01T23', 7, 2],
    ['a', '2026-03-02T00', 5, 1],
    ['b', '2026-03-01T23', 7, 1],
  ]);
  expect(shown('day')).toEqual([
    ['a', '2026-03-01T00', 7, 2],
    ['a', '2026-03-02T00', 5, 1],
    ['b', '2026-03-01T00', 7, 1],
  ]);
  expect(shown('whole')).toEqual([
    ['a', '2026-03-01T23', 12, 3],
    ['b', '2026-03-01T23', 7, 1],
  ]);
});

test('each kind for itself, and bytes and time together', () => {
  expect(loadInPeriods(LOADS, 'whole')[0]).toMatchObject({
    byKind: { search: 9, metadata: 0, retrieve: 3, store: 0 },
    sentBytes: 120,
    receivedBytes: 1200,
    tookMs: 60,
  });
  expect(loadInPeriods([], 'day')).toEqual([]);
});
