import { expect, it } from '@jest/globals';
import { startProgress } from '../../src/cli/progress.js';
import { recordingTerminal } from './terminal.js';

it('tells rate and remaining time in one place on a terminal', () => {
  const shown: string[] = [];
  let now = 0;
  const terminal = { ...recordingTerminal(), status: (line: string) => void shown.push(line) };
  const progress = startProgress(100, 'rows', terminal, () => now);
  for (let i = 0; i < 50; i++) {
    now += 100;
    progress.step();
  }
  progress.end();
  expect(shown).toHaveLength(26);
  expect(shown[0]).toBe('2 of 100 rows, 10.0 a second, 9.8 s remaining');
  expect(shown.at(-2)).toBe('50 of 100 rows, 10.0 a second, 5.0 s remaining');
  expect(shown.at(-1)).toBe('');
  expect(terminal.notes).toEqual(['50 of 100 rows in 5.0 s']);
});

it('writes a line now and then elsewhere', () => {
  let now = 0;
  const terminal = recordingTerminal();
  const progress = startProgress(6000, 'rows', terminal, () => now);
  for (let i = 0; i < 60; i++) {
    now += 1000;
    progress.step();
  }
  progress.end();
  expect(terminal.notes).toEqual([
    '10 of 6000 rows, 1.00 a second, 100 min remaining',
    '20 of 6000 rows, 1.00 a second, 100 min remaining',
    '30 of 6000 rows, 1.00 a second, 100 min remaining',
    '40 of 6000 rows, 1.00 a second, 99 min remaining',
    '50 of 6000 rows, 1.00 a second, 99 min remaining',
    '60 of 6000 rows, 1.00 a second, 99 min remaining',
    '60 of 6000 rows in 60 s',
  ]);
});
