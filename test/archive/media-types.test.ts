import { describe, expect, test } from '@jest/globals';
import { acceptedForms } from '../../src/archive/retrieve/accepted-form.js';
import { acceptedRanges, jsonTypeFor, mediaRangeOf } from '../../src/archive/media-types.js';

const plain = (header: string | undefined): unknown =>
  acceptedRanges(header).map(({ type, parameters }) => [type, Object.fromEntries(parameters)]);

/** RFC 9110 12.5.1 and PS3.18 8.7. */
describe('media types', () => {
  test.each([
    [undefined, [['*/*', {}]]],
    ['', [['*/*', {}]]],
    ['application/json', [['application/json', {}]]],
    ['Application/DICOM+JSON', [['application/dicom+json', {}]]],
    [
      'a/b;q=0.5, c/d',
      [
        ['c/d', {}],
        ['a/b', { q: '0.5' }],
      ],
    ],
    ['a/b;q=0, c/d;q=0.000', []],
    ['a/b; q=7, nonsense, c/d', [['c/d', {}]]],
    [
      'multipart/related; type="application/dicom"; transfer-syntax=*, x/y',
      [
        ['multipart/related', { type: 'application/dicom', 'transfer-syntax': '*' }],
        ['x/y', {}],
      ],
    ],
    ['a/b; c="d,e;f\\"g"', [['a/b', { c: 'd,e;f"g' }]]],
    ['multipart/related;type=application/dicom', [['multipart/related', { type: 'application/dicom' }]]],
  ])('Accept: %s', (header, expected) => {
    expect(plain(header)).toEqual(expected);
  });

  test.each([
    ['application/dicom+json', 'application/dicom+json'],
    ['application/json', 'application/json'],
    ['*/*', 'application/dicom+json'],
    ['application/*;q=0.1', 'application/dicom+json'],
    ['text/html, application/json;q=0.9', 'application/json'],
    ['text/html', undefined],
    ['multipart/related; type="application/dicom+xml"', undefined],
    [undefined, 'application/dicom+json'],
  ])('JSON for %s: %s', (accept, expected) => {
    expect(jsonTypeFor(accept)).toBe(expected);
  });

  test.each([
    ['*/*', [{ form: 'multipart', syntax: { kind: 'any' } }]],
    ['multipart/related', [{ form: 'multipart', syntax: { kind: 'any' } }]],
    ['multipart/related; type="application/dicom"', [{ form: 'multipart', syntax: { kind: 'unnamed' } }]],
    [
      'multipart/related; type="application/dicom"; transfer-syntax=*',
      [{ form: 'multipart', syntax: { kind: 'any' } }],
    ],
    [
      'multipart/related; type="application/dicom"; transfer-syntax="1.2.3"',
      [{ form: 'multipart', syntax: { kind: 'named', uid: '1.2.3' } }],
    ],
    ['multipart/related; type="image/jpeg"', []],
    ['application/dicom', [{ form: 'single', syntax: { kind: 'unnamed' } }]],
    ['application/dicom; transfer-syntax=*', [{ form: 'single', syntax: { kind: 'any' } }]],
    ['image/png', []],
  ])('an instance for %s', (accept, expected) => {
    const range = mediaRangeOf(accept);
    expect(range && acceptedForms(range, 'application/dicom')).toEqual(expected);
  });
});
