import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterPage, START, type PageSizes, type Paging } from '../../src/dicomweb/pages.js';
import { dataSetFromJson } from '../../src/dicom/index.js';

const empty = dataSetFromJson({});
const row = (uid: string) => {
  if (!empty.ok) throw new Error('unreachable');
  return { identity: uid, dataSet: empty.value };
};

/** Pages through an archive that answers `offset` and `limit` in its own way, as `search` does. */
function readAll(
  answer: (offset: number, limit: number, page: number) => readonly string[],
  sizes: PageSizes = { rows: 30, overlap: 5 },
): { paging: Paging; pages: number } {
  let paging = START;
  let pages = 0;
  let fillsPages = false;
  let largest = 0;
  while (paging.offset !== undefined) {
    const uids = answer(paging.offset, sizes.rows, pages++);
    fillsPages ||= uids.length === sizes.rows;
    const page = { rows: uids.map(row), count: uids.length, announcesMore: false, fillsPages, largest };
    paging = afterPage(paging, page, sizes);
    largest = Math.max(largest, uids.length);
    if (pages > 10_000) throw new Error('does not end');
  }
  return { paging, pages };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `1.2.${i}`);

describe('paging', () => {
  test.each([0, 1, 5, 24, 25, 29, 30, 31, 55, 56, 200])('%i rows in a steady order', (count) => {
    const all = numbered(count);
    const { paging } = readAll((offset, limit) => all.slice(offset, offset + limit));
    expect([...paging.rows.keys()]).toEqual(all);
    expect(paging.shortfalls).toEqual([]);
  });

  test('a few rows cost one request', () => {
    expect(readAll(() => numbered(11)).pages).toBe(1);
    expect(readAll(() => []).pages).toBe(1);
  });

  test('an archive that cuts its pages to less than asked, in silence', () => {
    const all = numbered(500);
    const { paging } = readAll((offset) => all.slice(offset, offset + 100), { rows: 200, overlap: 10 });
    expect([...paging.rows.keys()]).toEqual(all);
    expect(paging.shortfalls).toEqual([]);
  });

  test.each([5, 10, 12])('an archive that cuts its pages to %i, in silence', (cut) => {
    for (const count of [cut - 1, cut, cut + 1, 3 * cut, 47]) {
      const all = numbered(count);
      const { paging } = readAll((offset) => all.slice(offset, offset + cut), { rows: 200, overlap: 10 });
      expect([...paging.rows.keys()]).toEqual(all);
      expect(paging.shortfalls).toEqual([]);
    }
  });

  test('a page of a round number costs no second one where the archive has given more at once, and is all there is where it comes again', () => {
    const page = { rows: numbered(10).map(row), count: 10, announcesMore: false, fillsPages: false };
    expect(afterPage(START, { ...page, largest: 11 }, { rows: 200, overlap: 10 }).offset).toBeUndefined();
    const { paging, pages } = readAll(() => numbered(10), { rows: 200, overlap: 10 });
    expect([paging.rows.size, pages, paging.shortfalls]).toEqual([10, 2, []]);
  });

  test('an archive that says in a header that there is more', () => {
    const page = { rows: numbered(3).map(row), count: 3, announcesMore: true, fillsPages: true, largest: 0 };
    expect(afterPage(START, page, { rows: 30, overlap: 5 }).offset).toBe(2);
  });

  test('an archive that ignores the limit gives everything at once', () => {
    const { paging, pages } = readAll(() => numbered(77));
    expect([paging.rows.size, pages, paging.shortfalls]).toEqual([77, 1, []]);
  });

  test('an archive that ignores the offset is found out', () => {
    const { paging, pages } = readAll((_, limit) => numbered(77).slice(0, limit));
    expect([paging.rows.size, pages, paging.shortfalls]).toEqual([30, 2, ['offset-ignored']]);
  });

  test('an order that never holds is said', () => {
    const { paging } = readAll((offset, limit, page) =>
      Array.from({ length: limit }, (_, i) => `1.${page}.${offset + i}`),
    );
    expect(paging.shortfalls).toEqual(['rows-moved']);
  });

  test('an archive without an end is left', () => {
    const { paging } = readAll((offset, limit) => Array.from({ length: limit }, (_, i) => `1.${offset + i}`), {
      rows: 2000,
      overlap: 10,
    });
    expect(paging.shortfalls).toEqual(['too-many-rows']);
  });

  test('rows that vanish between two pages: what stays is found all the same', () => {
    const all = numbered(60);
    // ten rows of the first page are deleted before the second is asked for
    const after = all.filter((_, i) => i < 3 || i >= 13);
    const { paging } = readAll((offset, limit, page) => (page === 0 ? all : after).slice(offset, offset + limit));
    for (const uid of after) expect(paging.rows.has(uid)).toBe(true);
    expect(paging.shortfalls).toEqual([]);
  });

  test('whatever is added or deleted while paging, a row that was there all along is found, or the answer says so', () => {
    const change = fc.record({ at: fc.nat(200), kind: fc.constantFrom('add', 'delete') });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 150 }),
        fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 12 }),
        (count, changes) => {
          let current = numbered(count);
          const stayed = new Set(current);
          const { paging } = readAll((offset, limit, page) => {
            const answer = current.slice(offset, offset + limit);
            for (const { at, kind } of changes[page] ?? []) {
              const place = at % (current.length + 1);
              const gone = kind === 'delete' ? current[place] : undefined;
              if (gone !== undefined) stayed.delete(gone);
              current =
                kind === 'add'
                  ? [...current.slice(0, place), `9.${page}.${at}`, ...current.slice(place)]
                  : current.filter((uid) => uid !== gone);
            }
            return answer;
          });
          if (paging.shortfalls.length > 0) return;
          for (const uid of stayed) expect(paging.rows.has(uid)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
