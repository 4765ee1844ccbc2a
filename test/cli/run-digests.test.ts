import { expect, test } from '@jest/globals';
import { runDigests } from '../../src/cli/run-digests.js';
import { loadBundle } from '../../src/compute/index.js';
import { readConfiguration } from '../../src/configuration/index.js';

const digests = (more: string, bundle?: Parameters<typeof runDigests>[1]) => {
  const read = readConfiguration(`archives: [{ name: pacs, url: "http://pacs.example/dicom-web" }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs }]
rules: [{ store: { to: [pacs] }${more.includes('match') ? `, ${more}` : ''} }]
${more.includes('match') ? '' : more}
`);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return runDigests(read.value, bundle);
};

test('what changes pixels changes the method, what changes decisions changes the policy, and nothing else changes either', async () => {
  const plain = digests('');
  expect(digests('page: { listen: 127.0.0.1:8099 }')).toEqual(plain);
  expect(digests('segmentation: { extent: slice }')).toEqual(plain);

  const volume = digests('segmentation: { extent: volume }');
  expect(volume.methodDigest).not.toBe(plain.methodDigest);
  expect(volume.policyDigest).toBe(plain.policyDigest);

  const matched = digests('match: { finding: [nodule] }');
  expect(matched.policyDigest).not.toBe(plain.policyDigest);
  expect(matched.methodDigest).toBe(plain.methodDigest);

  const bundle = await loadBundle('test/fixtures/bundle-tiny');
  if (!bundle.ok) throw new Error(bundle.error.says);
  expect(digests('', bundle.value).methodDigest).not.toBe(plain.methodDigest);
});
