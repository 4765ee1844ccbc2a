import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { searchPlan, tailPlan, todayIn } from '../../src/dicomweb/index.js';

describe('the day at a place', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29T00:30:00Z', '20260329'],
    ['Europe/Berlin', '2026-06-30T22:30:00Z', '20260701'],
    ['America/Los_Angeles', '2026-01-01T07:59:00Z', '20251231'],
    ['Pacific/Auckland', '2026-01-01T12:00:00Z', '20260102'],
    ['UTC', '2026-12-31T23:59:59Z', '20261231'],
  ])('%s at %s is %s', (zone, time, day) => expect(todayIn(zone, Date.parse(time))).toBe(day));

  test('a zone that does not exist throws', () => expect(() => todayIn('Mars/Olympus', 0)).toThrow());
});

describe('the windows of a plan', () => {
  test('today and yesterday, two weeks, half a year', () => {
    const layers = [
      { studyDates: '2d', modalities: ['SR'] },
      { studyDates: '14d', modalities: ['SR', 'KO'] },
      { studyDates: '180d', modalities: ['SR'] },
    ] as const;
    expect(searchPlan(layers, '20260301')).toEqual([
      { name: '2d', from: '20260228', to: '20260301', modalities: ['SR'] },
      { name: '14d', from: '20260216', to: '20260301', modalities: ['SR', 'KO'] },
      { name: '180d', from: '20250903', to: '20260301', modalities: ['SR'] },
    ]);
  });

  test('a leap day', () => {
    expect(searchPlan([{ studyDates: '2d', modalities: ['SR'] }], '20280301')[0]?.from).toBe('20280229');
  });

  test('no window of no days', () => {
    expect(() => searchPlan([{ studyDates: '0d', modalities: ['SR'] }], '20260301')).toThrow();
    expect(() => searchPlan([{ studyDates: '1.5d', modalities: ['SR'] }], '20260301')).toThrow();
  });
});

describe('the tail', () => {
  test('goes back month by month', () => {
    expect(tailPlan('20251215', '20260203', ['SR'])).toEqual([
      { name: 'tail-202602', from: '20260201', to: '20260203', modalities: ['SR'] },
      { name: 'tail-202601', from: '20260101', to: '20260131', modalities: ['SR'] },
      { name: 'tail-202512', from: '20251215', to: '20251231', modalities: ['SR'] },
    ]);
    expect(tailPlan('20260204', '20260203', ['SR'])).toEqual([]);
  });

  test('covers every day once', () => {
    const day = fc.date({ min: new Date('1995-01-01'), max: new Date('2035-12-31'), noInvalidDate: true });
    const text = (date: Date): string => date.toISOString().slice(0, 10).replaceAll('-', '');
    fc.assert(
      fc.property(day, day, day, (a, b, c) => {
        const [since, today] = [text(a), text(b)].sort() as [string, string];
        const probe = text(c);
        const hits = tailPlan(since, today, ['SR']).filter(({ from, to }) => probe >= from && probe <= to).length;
        expect(hits).toBe(probe >= since && probe <= today ? 1 : 0);
      }),
    );
  });
});
