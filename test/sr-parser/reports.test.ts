import { describe, expect, test } from '@jest/globals';
import { readReport } from '../../src/sr-parser/index.js';
import { describeWith, shared } from '../environment/peers.js';
import { differences } from './against-oracle.js';
import { fixtureCorpus, sharedCorpus, type Corpus } from './corpus.js';

/** Judged by what was given to the writers, or by a walk with pydicom: see test/fixtures/reports/LICENCES.md. */
function everyReport(corpus: Corpus): void {
  test.each(corpus.reports.map((report) => [report.path, report] as const))('%s', (_, report) => {
    expect(differences(readReport(report.dataSet), report, corpus)).toEqual([]);
  });
}

describe('reports of other writers are read as they were written', () => {
  everyReport(fixtureCorpus());
});

describeWith({ shared: shared() }, 'the whole collection of reports', ({ shared }) => {
  everyReport(sharedCorpus(shared));
});
