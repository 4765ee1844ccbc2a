import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DELIVERY_TRANSITIONS, RUN_TRANSITIONS } from '../../src/ledger/index.js';

const tables: readonly [string, Readonly<Record<string, readonly string[]>>, string, readonly string[]][] = [
  ['runs', RUN_TRANSITIONS, 'seen', ['done', 'refused', 'dead']],
  [
    'deliveries',
    DELIVERY_TRANSITIONS,
    'due',
    ['stored', 'already-stored', 'stored-unconfirmed', 'would-store', 'refused', 'dead'],
  ],
];

/** The fewest steps to one of the goals, by breadth-first search. */
function stepsTo(table: Readonly<Record<string, readonly string[]>>, from: string, goals: readonly string[]): number {
  let edge = new Set([from]);
  for (let steps = 0; edge.size > 0 && steps <= Object.keys(table).length; steps++) {
    if (goals.some((goal) => edge.has(goal))) return steps;
    edge = new Set([...edge].flatMap((state) => table[state]!));
  }
  return Infinity;
}

describe.each(tables)('transitions of %s', (_name, table, first, ends) => {
  test('lead to states that are in the table', () => {
    for (const next of Object.values(table)) for (const state of next) expect(Object.keys(table)).toContain(state);
  });

  test('every state can be reached', () => {
    for (const state of Object.keys(table)) expect(stepsTo(table, first, [state])).toBeLessThan(Infinity);
  });

  test('from wherever a random walk has come, an end can be reached', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 60 }), (choices) => {
        let state = first;
        for (const choice of choices) {
          const next = table[state]!;
          if (next.length === 0) break;
          state = next[choice % next.length]!;
        }
        expect(stepsTo(table, state, ends)).toBeLessThanOrEqual(4);
      }),
    );
  });

  test('no state follows itself, and every working state can stop', () => {
    for (const [state, next] of Object.entries(table)) {
      expect(next).not.toContain(state);
      if (next.includes('waiting'))
        expect(next).toEqual(expect.arrayContaining(['waiting', 'held', 'refused', 'dead']));
    }
  });

  test('what waited goes back only to a state that can wait', () => {
    for (const state of table['waiting']!) if (state !== 'dead') expect(table[state]).toContain('waiting');
  });
});

test('what is stored stays stored', () => {
  for (const state of ['stored', 'already-stored', 'stored-unconfirmed', 'refused'] as const)
    expect(DELIVERY_TRANSITIONS[state]).toEqual([]);
});
