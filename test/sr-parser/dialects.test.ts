/** What docs/reports.md says is read, is read: every row's files. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadReport } from '../../src/domain/index.js';
import { SHAPES, WRITERS } from '../../src/sr-parser/dialects.js';
import { readAim, readReport, recogniseCarrier } from '../../src/sr-parser/index.js';
import { describeWith, shared } from '../environment/peers.js';
import { FIXTURES, dataSetOf } from './corpus.js';

const inFixtures = (path: string): string | undefined =>
  [FIXTURES, join(FIXTURES, 'carriers')].map((f) => join(f, path.replaceAll('/', '__'))).find((f) => existsSync(f));

function read(file: string): ReadReport {
  const bytes = readFileSync(file);
  return recogniseCarrier(bytes) === 'aim' ? readAim(bytes) : readReport(dataSetOf(bytes), ['gsps']);
}

test('every letter of a shape has its row', () => {
  expect(SHAPES.map(({ letter }) => letter).join('')).toBe('ABCDEFGHIJKLM');
});

describe('shapes', () => {
  const rows = SHAPES.flatMap(({ letter, provenBy }) => provenBy.map((path) => [letter, path] as const));
  test.each(rows)('%s: %s', (letter, path) => {
    const shapes = read(inFixtures(path)!).measurements.flatMap(({ shape }) => shape.split(','));
    expect(shapes).toContain(letter);
  });
});

const writers = WRITERS.flatMap(({ writer, kind, provenBy }) =>
  provenBy.map(([path, measurements]) => ({ writer, kind, path, measurements })),
);

describe('writers', () => {
  test.each(writers.filter(({ path }) => inFixtures(path)))('$writer: $path', ({ kind, path, measurements }) => {
    const report = read(inFixtures(path)!);
    expect([report.kind, report.measurements.length]).toEqual([kind, measurements]);
  });
});

describeWith({ shared: shared() }, 'writers whose files may not be given away', ({ shared }) => {
  test.each(writers.filter(({ path }) => !inFixtures(path)))('$writer: $path', ({ kind, path, measurements }) => {
    const report = read(join(shared, 'sr-corpus', path));
    expect([report.kind, report.measurements.length]).toEqual([kind, measurements]);
  });
});
