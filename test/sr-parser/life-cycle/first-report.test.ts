import { describe, expect, test } from '@jest/globals';
import { asReadUid, type SopInstanceUid } from '../../../src/domain/index.js';
import { firstReportOf, type ReportDocument } from '../../../src/sr-parser/index.js';

const uid = (n: number): SopInstanceUid => asReadUid<SopInstanceUid>(`1.2.${n}`);

const document = (
  n: number,
  before: readonly number[] = [],
  more: { at?: string; places?: Record<string, string> } = {},
): ReportDocument => ({
  sopInstanceUID: uid(n),
  predecessors: before.map(uid),
  identicalDocuments: [],
  contentDateTime: more.at,
  completeness: 'finished',
  content: undefined,
  places: more.places ?? {},
});

describe('the first report of a chain', () => {
  test.each<[string, ReportDocument, readonly ReportDocument[], number | undefined]>([
    ['none before', document(1), [], undefined],
    ['one before that is not here', document(2, [1]), [], 1],
    ['three in a row', document(3, [2]), [document(1), document(2, [1])], 1],
    ['the middle one not here', document(3, [2]), [document(1)], 2],
    ['each naming all before', document(3, [1, 2]), [document(1), document(2, [1])], 1],
    [
      'two lines that join: the older',
      document(9, [5, 6]),
      [document(5, [], { at: '20200102' }), document(6, [], { at: '20200101' })],
      6,
    ],
    ['a circle: the oldest of it', document(3, [2]), [document(1, [2], { at: '1' }), document(2, [1], { at: '2' })], 1],
    ['itself', document(1, [1]), [document(1, [1])], undefined],
  ])('%s', (_, of, known, expected) => {
    expect(firstReportOf(of, known)).toBe(expected === undefined ? undefined : uid(expected));
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['the same places', { '1.5.1': 'a#', '1.5.2': 'b#' }, true],
    ['one more lesion', { '1.5.1': 'a#', '1.5.2': 'b#', '1.5.3': 'c#' }, true],
    ['another lesion at the path', { '1.5.1': 'b#', '1.5.2': 'a#' }, false],
  ])('lesions are those of the first report where path and image match: %s', (_, places, fits) => {
    const first = document(1, [], { places: { '1.5.1': 'a#', '1.5.2': 'b#' } });
    expect(firstReportOf(document(2, [1], { places }), [first])).toBe(fits ? uid(1) : undefined);
  });
});
