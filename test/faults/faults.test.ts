import { expect, test } from '@jest/globals';
import { describeWith, orthanc } from '../environment/peers.js';
import { FAULTS_OF, type Fault } from './fault-proxy.js';
import { runFaults } from './fault-run.js';

/** `npm run faults` sets these; `npm run test:long` runs the full count. */
const number = (name: string, otherwise: number): number => Number(process.env[`CALIPER_FAULTS_${name}`] ?? otherwise);
const long = process.env['CALIPER_LONG'] === '1';
const reports = number('REPORTS', long ? 1000 : 20);
const kills = number('KILLS', long ? 200 : 5);
const seed = number('SEED', 1);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const rate = number('RATE', 0.25);
const method = process.env['CALIPER_FAULTS_METHOD'] === 'cosegmentation' ? 'cosegmentation' : 'grabcut';

describeWith({ orthanc: orthanc() }, 'faults between the gateway and Orthanc, and kills', () => {
  test('every report ends as one object in the archive, and the ledger says so', async () => {
    const result = await runFaults({ reports, kills, seed, rate, method, say });
    const counts = (faults: readonly Fault[]) => faults.map((fault) => `${fault} ${result.played.get(fault) ?? 0}`);
    const timesOf = (faults: readonly Fault[]) => faults.reduce((sum, f) => sum + (result.played.get(f) ?? 0), 0);
    say(
      `${reports} reports, seed ${seed}: ${result.kills} kills, ${result.requests} requests in ${Math.round(result.tookMs / 1000)} s\n` +
        `outcomes ${JSON.stringify(result.verdict.outcomes)}\nblows ${JSON.stringify(result.blows)}\n` +
        Object.entries(FAULTS_OF)
          .map(([asked, faults]) => `faults, ${asked}: ${counts(faults).join(', ')}`)
          .join('\n'),
    );
    const { outcomes, ...verdict } = result.verdict;
    expect(verdict).toEqual({ reports, lost: [], withoutObject: [], duplicated: [], foreign: [], misplaced: [] });
    const unlike = Object.keys(outcomes).filter((o) => o !== 'stored' && o !== 'already-stored');
    expect(unlike).toEqual([]);
    expect(result.errors).toEqual([]);
    // nothing was left out: in a long run no fault, in a short one no kind
    for (const faults of Object.values(FAULTS_OF)) expect(timesOf(faults)).toBeGreaterThan(0);
    if (reports >= 500)
      expect(
        Object.values(FAULTS_OF)
          .flat()
          .filter((fault) => !result.played.has(fault)),
      ).toEqual([]);
  }, 14_400_000);
});
