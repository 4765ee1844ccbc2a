import { afterEach, expect, test } from '@jest/globals';
import type { Rule } from '../../src/domain/index.js';
import type { ReportNumber } from '../../src/ledger/index.js';
import { smallWorld, type SmallWorld } from './small-world.js';

let small: SmallWorld | undefined;
afterEach(async () => {
  await small?.close();
  small = undefined;
});

/** The rule asks for a network and none is at hand; how the run and its measurement stand after one sweep. */
async function without(onInferenceFailure: Rule['onInferenceFailure']) {
  small = await smallWorld('live');
  const rules = small.world.rules.map((rule): Rule => ({ ...rule, method: 'cosegmentation', onInferenceFailure }));
  await small.work({ ...small.world, rules, network: undefined });
  const run = (await small.world.ledger.reportByNumber(1 as ReportNumber))!.runs[0]!;
  const [measurement] = run.measurements;
  return {
    state: run.state,
    waitsFor: run.reason,
    outcome: measurement!.outcome,
    reason: measurement!.reason,
    method: measurement!.method,
  };
}

test('wait: nothing is decided until the network is there', async () => {
  expect(await without('wait')).toMatchObject({
    state: 'waiting',
    waitsFor: 'bundle-unavailable',
    outcome: undefined,
  });
});

test('hold: the lesion is for a person', async () => {
  expect(await without('hold')).toMatchObject({ state: 'done', outcome: 'held', reason: 'bundle-unavailable' });
});

test('seed: the seed mask is stored, and the outcome names the method that was used', async () => {
  expect(await without('seed')).toMatchObject({ state: 'done', outcome: 'stored', method: 'grabcut' });
});
