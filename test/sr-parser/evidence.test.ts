import { expect, test } from '@jest/globals';
import { readReport } from '../../src/sr-parser/index.js';
import { fixtureCorpus } from './corpus.js';
import { group, line, LONG, measurements, number, report, SHORT, type JsonItem } from './made-report.js';

const uid = (value: string) => ({ vr: 'UI', Value: [value] });
const evidence = (study: string, series: string, instances: readonly string[]): JsonItem => ({
  '0020000D': uid(study),
  '00081115': {
    vr: 'SQ',
    Value: [
      {
        '0020000E': uid(series),
        '00081199': { vr: 'SQ', Value: instances.map((instance) => ({ '00081155': uid(instance) })) },
      },
    ],
  },
});

test('evidence is the union of current, pertinent and the images of the tree, in that order, each instance once', () => {
  const { evidence: found } = readReport(
    report(
      [
        measurements([
          group([number(LONG, 20, [line([0, 1, 2, 3], '3')]), number(SHORT, 9, [line([0, 1, 2, 3], '1')])]),
        ]),
      ],
      {
        '0040A375': { vr: 'SQ', Value: [evidence('9.1', '8.1', ['1', '2'])] },
        '0040A385': { vr: 'SQ', Value: [evidence('9.2', '8.2', ['4', '2'])] },
      },
    ),
  );
  expect(found.map((f) => [f.sopInstanceUID, f.seriesInstanceUID, f.studyInstanceUID, f.sopClassUID])).toEqual([
    ['1', '8.1', '9.1', '1.2.840.10008.5.1.4.1.1.2'],
    ['2', '8.1', '9.1', undefined],
    ['4', '8.2', '9.2', undefined],
    ['3', undefined, undefined, '1.2.840.10008.5.1.4.1.1.2'],
  ]);
});

test('NCI AIM has study and series in its image library', () => {
  const aim = fixtureCorpus().reports.find(({ path }) => path.startsWith('ncip-aim3-sr'))!;
  expect(readReport(aim.dataSet).evidence).toEqual([
    {
      sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUID: '1.3.6.1.4.1.9328.50.1.10717',
      seriesInstanceUID: '1.3.6.1.4.1.9328.50.1.10697',
      studyInstanceUID: '1.3.6.1.4.1.9328.50.1.10607',
    },
  ]);
});
