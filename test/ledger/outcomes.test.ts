import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outcomeOf, type DeliveryEnd } from '../../src/ledger/outcomes.js';
import { DELIVERY_TRANSITIONS, type DeliveryState } from '../../src/ledger/index.js';

const end = (state: DeliveryState, cameFrom?: DeliveryState): DeliveryEnd => ({
  state,
  cameFrom,
  reason: state === 'held' || state === 'dead' || state === 'refused' ? 'store-refused' : undefined,
});

describe('the outcome of a measurement is its worst delivery', () => {
  test.each<[DeliveryEnd[], string | undefined]>([
    [[end('stored')], 'stored'],
    [[end('stored'), end('already-stored')], 'already-stored'],
    [[end('stored'), end('stored-unconfirmed')], 'stored-unconfirmed'],
    [[end('would-store'), end('stored')], 'would-store'],
    [[end('stored'), end('held')], 'held'],
    [[end('stored'), end('refused', 'held')], 'skipped'],
    [[end('stored'), end('refused', 'storing')], 'failed'],
    [[end('held'), end('dead')], 'failed'],
    [[end('stored'), end('waiting')], undefined],
    [[end('due'), end('held')], 'held'],
    [[], undefined],
  ])('%j: %s', (deliveries, kind) => {
    expect(outcomeOf(deliveries)?.kind).toBe(kind);
  });

  test('a reason comes with what went wrong and with nothing else', () => {
    expect(outcomeOf([end('dead')])).toEqual({ kind: 'failed', reason: 'store-refused' });
    expect(outcomeOf([end('stored')])).toEqual({ kind: 'stored', reason: undefined });
  });

  test('the order of deliveries does not matter, and one more never makes it better', () => {
    const rank = ['stored', 'already-stored', 'stored-unconfirmed', 'would-store', 'held', 'skipped', 'failed'];
    const state = fc.constantFrom(...(Object.keys(DELIVERY_TRANSITIONS) as DeliveryState[])).map((s) => end(s));
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 5 }), state, (deliveries, more) => {
        const outcome = outcomeOf(deliveries);
        expect(outcomeOf([...deliveries].reverse())?.kind).toBe(outcome?.kind);
        const worse = outcomeOf([...deliveries, more]);
        if (outcome && worse) expect(rank.indexOf(worse.kind)).toBeGreaterThanOrEqual(rank.indexOf(outcome.kind));
      }),
    );
  });
});
