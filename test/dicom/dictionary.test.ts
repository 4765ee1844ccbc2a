import { describe, expect, test } from '@jest/globals';
import { dictionaryVr } from '../../src/dicom/dictionary.js';
import { keywordOf, tagOf, vrOf } from '../../src/dicom/index.js';
import { TAG, tag } from '../../src/domain/index.js';

describe('the data dictionary', () => {
  test('agrees with every attribute that the product names', () => {
    const differing = Object.entries(TAG).filter(([keyword, at]) => keywordOf(at) !== keyword || tagOf(keyword) !== at);
    expect(differing.map(([keyword]) => keyword)).toEqual([]);
  });

  test.each([
    ['PatientName', 0x00100010, 'PN'],
    ['PixelData', 0x7fe00010, 'OW'],
    ['SmallestImagePixelValue', 0x00280106, 'US'],
    ['OverlayData', 0x60003000, 'OW'],
  ])('%s', (keyword, at, vr) => {
    expect(keywordOf(tag(at))).toBe(keyword);
    expect(vrOf(tag(at))).toBe(vr);
  });

  test('repeating groups, retired attributes, private creators, group lengths', () => {
    expect(keywordOf(tag(0x60023000))).toBe('OverlayData');
    expect(keywordOf(tag(0x00280200))).toBe('ImageLocation');
    expect(tagOf('ImageLocation')).toBe(0x00280200);
    expect(dictionaryVr(tag(0x00090010))).toBe('LO');
    expect(dictionaryVr(tag(0x00091010))).toBeUndefined();
    expect(dictionaryVr(tag(0x00090000))).toBe('UL');
    expect(dictionaryVr(tag(0x00280106))).toBe('xs');
  });

  test('what nobody knows', () => {
    expect(keywordOf(tag(0x00100011))).toBeUndefined();
    expect(vrOf(tag(0x00100011))).toBeUndefined();
    expect(tagOf('NoSuchKeyword')).toBeUndefined();
    expect(tagOf('constructor')).toBeUndefined();
  });
});
