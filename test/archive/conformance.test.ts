import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startArchive } from '../../src/archive/index.js';
import { startOrthanc } from '../environment/orthanc.js';
import { describeWith, orthanc } from '../environment/peers.js';
import { dicomwebSuite } from './dicomweb-suite.js';
import { ORTHANC_DIFFERENCES } from './orthanc-differences.js';

dicomwebSuite('the embedded archive', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  const archive = await startArchive(
    { folder, host: '127.0.0.1', port: 0 },
    {
      randomUUID,
      report: (notice) => {
        throw new Error(JSON.stringify(notice));
      },
    },
  );
  return {
    url: archive.url,
    stop: async () => {
      await archive.close();
      await rm(folder, { recursive: true });
    },
  };
});

describeWith({ orthanc: orthanc() }, 'with a peer', () => {
  dicomwebSuite('Orthanc', startOrthanc, ORTHANC_DIFFERENCES);
});
