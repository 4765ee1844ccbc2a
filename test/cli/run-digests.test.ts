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

test('what a destination gets changes the policy, whether notes may be sent does not; what is not asked for changes nothing', () => {
  const at = (settings: string) => {
    const read = readConfiguration(`archives: [{ name: pacs, url: "http://pacs.example/dicom-web" }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs${settings} }]
rules: [{ store: { to: [pacs] } }]
`);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return read.value;
  };
  const plain = runDigests(at(''), undefined);
  for (const same of [', segmentation: binary, resultReport: false', ', rejectionNotes: allowed'])
    expect(runDigests(at(same), undefined)).toEqual(plain);
  const others = [', segmentation: labelmap', ', resultReport: true'].map((s) => runDigests(at(s), undefined));
  expect(new Set([plain, ...others].map(({ policyDigest }) => policyDigest)).size).toBe(3);
  for (const other of others) expect(other.methodDigest).toBe(plain.methodDigest);
  // a replay that names its method has runs of its own
  const again = (['keep', 'reject'] as const).map((earlier) =>
    runDigests(at(''), undefined, { method: 'grabcut', earlier }),
  );
  expect(new Set([plain, ...again].map(({ methodDigest }) => methodDigest)).size).toBe(3);
});
