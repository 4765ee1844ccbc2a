import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainAim, explainReport } from '../../src/sr-parser/index.js';
import { FIXTURES, fixtureCorpus } from './corpus.js';
import {
  LONG,
  SHORT,
  codeItem,
  dataSetOfJson,
  group,
  item,
  line,
  measurements,
  number,
  reference,
  report,
  trackingUID,
} from './made-report.js';

const lines = (dataSet: Parameters<typeof explainReport>[0]): readonly string[] => explainReport(dataSet);

describe('a report explained', () => {
  const explained = lines(
    report([
      measurements([
        group([
          trackingUID('1.9'),
          number(LONG, 30, [line([10, 10, 40, 10])]),
          number(['G-A186', '99OTHER', 'kurze Achse'], 10, [line([20, 5, 20, 15])]),
          number(['X9', '99LOCAL', 'Bewertung'], 3, [], ['1', 'UCUM', '1']),
        ]),
        group([number(SHORT, 9), reference(1, 9, 9)]),
        group([codeItem(['121071', 'DCM', 'Finding'], ['4147007', 'SCT', 'Mass'])]),
      ]),
      item('TEXT', 'CONTAINS', ['121106', 'DCM', 'Comment'], {
        '0040A160': { vr: 'UT', Value: ['first line\r\nsecond \u001b[31mline'] },
      }),
    ]),
  );
  const at = (path: string): string => explained.find((text) => text.trimStart().startsWith(`${path} `)) ?? '';

  test('what an item was recognised as, and by which rule', () => {
    expect(at('1.1.1.2')).toContain('recognised as the role long-axis by value-and-scheme');
    expect(at('1.1.1.3')).toContain('recognised as the role short-axis by value');
    expect(at('1.1.1.4')).toContain('its code is not known');
    expect(at('1.1.1')).toContain('recognised as measurement-group');
  });

  test('values and drawings as the file has them', () => {
    expect(at('1.1.1.2')).toContain('= 30 mm (a length)');
    expect(at('1.1.1.2.1')).toContain('= POLYLINE 10\\10 40\\10');
    expect(at('1.1.1.2.1.1')).toContain('= 1.2.3');
  });

  test('what became of a group', () => {
    const text = explained.join('\n');
    expect(text).toMatch(
      /=> measurement 1\.1\.1; shape A; long: line \(image-point\), 30 mm, code by value-and-scheme; short: line/,
    );
    expect(text).toMatch(/=> measurement 1\.1\.2; shape J; no long axis; short: no line, 9 mm/);
    expect(at('1.1.2')).toContain('refers to nothing usable');
  });

  test('text stays on its line and cannot command a terminal', () => {
    expect(at('1.2')).toContain('= "first line second  [31mline"');
    expect(explained.join('')).not.toMatch(/\p{Cc}/u);
  });
});

test('drawings that were passed over are named by their place', () => {
  const arrows = fixtureCorpus().reports.find(({ kind }) => kind === 'gsps')!;
  expect(lines(arrows.dataSet).join('\n')).toMatch(/1\.1\.1 => measurement 1\.1\.1; shape M; long: line/);
});

describe('annotations explained', () => {
  const explained = (name: string) => explainAim(readFileSync(join(FIXTURES, 'carriers', name)));

  test.each([
    ['ncip-aim3-xml__0022BaselineA.xml', /^ *1\.1 ImageAnnotation/m, /GeometricShape .*xsi:type="Polyline"/],
    [
      'independent__aim4-bidirectional-linear.json',
      /^ *1\.2 ImageAnnotation/m,
      /MarkupEntity xsi:type="TwoDimensionMultiPoint"/,
    ],
  ])('%s: the tree, what was recognised, what became of it', (name, annotation, markup) => {
    const text = explained(name).join('\n');
    expect(text).toMatch(annotation);
    expect(text).toMatch(markup);
    expect(text).toMatch(/\[line .*= -?[\d.]+\\-?[\d.]+ -?[\d.]+\\-?[\d.]+ on [\d.]+\]/);
    expect(text).toMatch(/\[number .*= [\d.]+ \w+, recognised as the role (length|long-axis) by [\w-]+\]/);
    expect(text).toMatch(/=> measurement 1\.1; shape [\w-]; long: line \(image-point\)/);
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('who was imaged and who measured is not shown', () => {
    const text = explained('ncip-aim3-xml__0022BaselineA.xml').join('\n');
    expect(text).toMatch(/^ *(person|Person|Patient|patient) \(not shown\)$/m);
    expect(text).not.toMatch(/birthDate|loginName/i);
  });

  test('an annotation without marks says why; what is no document says so', () => {
    const plain =
      '<ImageAnnotation xmlns="gme://caCORE" aimVersion="3.0"><imageReferenceCollection/></ImageAnnotation>';
    expect(explainAim(Buffer.from(plain)).join('\n')).toMatch(/1\.1 ImageAnnotation.*\n.*=> skipped: no-marks/);
    expect(explainAim(Buffer.from('<ImageAnnotation'))).toEqual(['1 => skipped: data-set-invalid']);
  });
});

test('an empty data set and a huge one', () => {
  expect(lines(dataSetOfJson({})).join()).toContain('skipped: no-measurements');
  const many = Array.from({ length: 6_000 }, () => item('TEXT', 'CONTAINS', undefined));
  const explained = lines(report(many));
  expect(explained.at(-1)).toMatch(/^\.\.\. and \d+ items more$|=> skipped/);
  expect(explained.length).toBeLessThan(5_010);
});
