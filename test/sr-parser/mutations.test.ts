import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FIXTURES } from './corpus.js';

const LONG = process.env['CALIPER_LONG'] === '1';
const RUNS = LONG ? 100_000 : 2_000;
const SEED = 20_260_901;
const MOST_MS = LONG ? 30 * 60_000 : 120_000;

/** Heap and stack are bounded by the options, all of the process's memory by what it says at its end: 256 MB beside Node's own. */
const BOUNDED = ['--max-old-space-size=192', '--max-semi-space-size=8'];
const MOST_MEGABYTES = 256 + 64;

test(
  `${RUNS} mutated reports, drawings and annotations end in an outcome`,
  () => {
    const script = join(import.meta.dirname, 'mutate_reports.mjs');
    const done = spawnSync(process.execPath, [...BOUNDED, script, FIXTURES, String(RUNS), String(SEED)], {
      encoding: 'utf8',
      timeout: MOST_MS,
    });
    expect(`${done.signal ?? ''}${done.stderr}`).toBe('');
    const { outcomes, rssMegabytes } = JSON.parse(done.stdout) as {
      outcomes: Record<string, number>;
      rssMegabytes: number;
    };
    expect(Object.values(outcomes).reduce((a, b) => a + b)).toBe(RUNS);
    // mutations that leave nothing to read would prove nothing
    expect(outcomes['measurements']).toBeGreaterThan(RUNS / 10);
    expect(rssMegabytes).toBeLessThan(MOST_MEGABYTES);
  },
  MOST_MS + 10_000,
);
