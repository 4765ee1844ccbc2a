import { expect, test } from '@jest/globals';
import { huSliceOf, initialiseCodecs } from '../../../src/dicom/index.js';
import { fixtureBytes, read } from './fixtures.js';

test('uncompressed pixels need no codec, compressed ones need it to be there', async () => {
  expect(huSliceOf(read(fixtureBytes('signed16-explicit.dcm')), undefined).ok).toBe(true);
  expect(huSliceOf(read(fixtureBytes('signed16-rle.dcm')), undefined).ok).toBe(true);
  const compressed = read(fixtureBytes('signed16-jpeg-ls.dcm'));
  expect(() => huSliceOf(compressed, undefined)).toThrow('initialiseCodecs()');
  await Promise.all([initialiseCodecs(), initialiseCodecs()]);
  expect(huSliceOf(compressed, undefined).ok).toBe(true);
});
