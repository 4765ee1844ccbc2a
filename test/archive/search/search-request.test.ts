import { describe, expect, test } from '@jest/globals';
import { queryParametersOf } from '../../../src/archive/query-string.js';
import { searchRequestOf } from '../../../src/archive/search/search-request.js';
import type { Level } from '../../../src/archive/search/levels.js';

const messageOf = (query: string, level: Level = 'instance'): string | undefined => {
  const parameters = queryParametersOf(`/x?${query}`);
  if (!parameters.ok) return parameters.error;
  const request = searchRequestOf(parameters.value, level);
  return request.ok ? undefined : request.error.message;
};

describe('the parameters of a search', () => {
  test.each([
    ['Nonsense=1', "'Nonsense' is not a parameter known here"],
    ['patientid=1', "'patientid' is not a parameter known here"],
    ['PatientID.Modality=1', "'PatientID.Modality' is not a parameter known here"],
    ['0010002=1', "'0010002' is not a parameter known here"],
    ['constructor=1', "'constructor' is not a parameter known here"],
    ['%3Cscript%3E=1', 'a name that is not an attribute is not a parameter known here'],
    ['PatientID=1&PatientID=2', "'PatientID' is given twice"],
    ['PatientID=1&00100020=2', "'(0010,0020)' is given twice"],
    ['StudyDate=2020-01-01', "'StudyDate' has a value that its value representation does not allow"],
    ['StudyInstanceUID=1.2*', "'StudyInstanceUID' does not take wild cards"],
    ['00091001=x', "'(0009,1001)' has no known value representation"],
    ['PixelData=x', "'PixelData' has a value representation that cannot be matched"],
    [
      'RequestAttributesSequence=x',
      "'RequestAttributesSequence' is a sequence: name an attribute in it, as in Sequence.Attribute",
    ],
    ['SpecificCharacterSet=ISO_IR%20192', "'SpecificCharacterSet' cannot be matched"],
    ['includefield=Nonsense', "includefield names 'Nonsense', which is no attribute known here"],
    ['includefield=', 'includefield names a name that is not an attribute, which is no attribute known here'],
    ['limit=-1', 'limit is not a number of rows'],
    ['limit=1&limit=2', "'limit' is given twice"],
    ['offset=1.5', 'offset is not a number of rows'],
    ['fuzzymatching=maybe', 'fuzzymatching is neither true nor false'],
    ['PatientID=%E4', 'malformed-escape'],
    ['PatientID=%', 'malformed-escape'],
  ])('%s is refused', (query, message) => {
    expect(messageOf(query)).toBe(message);
  });

  test('a refusal never repeats a value', () => {
    for (const query of [
      'StudyDate=Smith',
      'limit=Smith',
      'fuzzymatching=Smith',
      'UIDx=Smith',
      'PatientID=Smith%5CJones',
    ])
      expect(messageOf(query)).not.toMatch(/Smith|Jones/);
  });

  test.each([
    ['study', 'Modality=CT', "'Modality' belongs to a series, which is below what is searched for"],
    ['study', 'SOPInstanceUID=1.2', "'SOPInstanceUID' belongs to an instance, which is below what is searched for"],
    ['series', 'SliceThickness=1', "'SliceThickness' belongs to an instance, which is below what is searched for"],
  ] as const)('a search for %s refuses %s', (level, query, message) => {
    expect(messageOf(query, level)).toBe(message);
  });

  test('keys go to the level whose entity they describe, those outside the index to the file', () => {
    const parameters = queryParametersOf(
      '/x?PatientID=1&Modality=CT&InstanceNumber=1&SliceThickness=1&ModalitiesInStudy=CT',
    );
    const request = parameters.ok ? searchRequestOf(parameters.value, 'instance') : undefined;
    if (!request?.ok) throw new Error('refused');
    const { keys } = request.value;
    expect([...keys.study.keys()].sort()).toEqual(['00080061', '00100020']);
    expect([...keys.series.keys()]).toEqual(['00080060']);
    expect([...keys.instance.keys()]).toEqual(['00200013']);
    expect([...keys.file.keys()]).toEqual(['00180050']);
  });

  test('a plus is a blank, and its escape a plus', () => {
    expect(queryParametersOf('/x?A+B=C%2BD+E')).toEqual({ ok: true, value: [{ name: 'A B', value: 'C+D E' }] });
  });
});
