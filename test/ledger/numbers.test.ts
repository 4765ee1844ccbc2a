import { expect, test } from '@jest/globals';
import { numberNamed, objectName, reportName, type ObjectNumber, type ReportNumber } from '../../src/ledger/index.js';

test('numbers are spoken as r-1042 and o-77, and understood again', () => {
  expect(reportName(1042 as ReportNumber)).toBe('r-1042');
  expect(objectName(77 as ObjectNumber)).toBe('o-77');
  expect(numberNamed('r-1042')).toEqual({ kind: 'report', number: 1042 });
  expect(numberNamed(' O-77 ')).toEqual({ kind: 'object', number: 77 });
});

test.each(['1042', 'r-', 'r-0', 'r-01', 'x-1', '1.2.840.10008', 'r-1042; drop', 'r-99999999999999999999'])(
  '%s is no number',
  (text) => expect(numberNamed(text)).toBeUndefined(),
);
