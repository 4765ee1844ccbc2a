import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { orthanc, describeWith } from './peers.js';
import { startOrthanc } from './orthanc.js';

describeWith({ orthanc: orthanc() }, 'the Orthanc of tests', () => {
  test('starts, asks for credentials, takes files, survives a kill', async () => {
    const archive = await startOrthanc({ users: { reader: 'secret' } });
    expect((await fetch(`${archive.url}/studies`)).status).toBe(401);
    await archive.upload(readFileSync('node_modules/dicomweb-client/testData/sample.dcm'));
    expect(await archive.count()).toBe(1);
    await archive.kill();
    await archive.restart();
    expect(await archive.count()).toBe(1);
    expect([...(await archive.files()).values()][0]!.length).toBeGreaterThan(1000);
    await archive.empty();
    expect(await archive.count()).toBe(0);
    await archive.stop();
  });
});
