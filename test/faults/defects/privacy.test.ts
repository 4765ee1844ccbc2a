import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../environment/free-port.js';
import { deleteWithDatabases } from '../../environment/state-folders.js';
import { filesOf, type Natural } from '../../pipeline/altered-phantom.js';
import { startVault } from './bench.js';
import { isStore, startGate } from './gate.js';

const scratch = mkdtempSync(join(tmpdir(), 'caliper-privacy-'));
afterAll(() => deleteWithDatabases(scratch));

const MARKER = 'ZZMARKER';
/** A report and its image whose every text says who the patient is, each in its own words. */
const marked = (number: number, bad: Parameters<typeof filesOf>[0] = undefined) => {
  const texts = (dataSet: Natural): void => {
    Object.assign(dataSet, {
      PatientName: `${MARKER}1^NAME`,
      PatientID: `${MARKER}2`,
      OtherPatientIDs: `${MARKER}3`,
      PatientBirthDate: '19010203',
      AccessionNumber: `${MARKER}4`,
      StudyID: `${MARKER}5`,
      StudyDescription: `${MARKER}6`,
      SeriesDescription: `${MARKER}7`,
      ReferringPhysicianName: `${MARKER}8`,
      InstitutionName: `${MARKER}9`,
      ProtocolName: `${MARKER}10`,
    });
    const walk = (item: Natural): void => {
      if (typeof item['TextValue'] === 'string') item['TextValue'] = `${MARKER}11`;
      if (item['PersonName']) item['PersonName'] = `${MARKER}12`;
      const content = item['ContentSequence'];
      for (const child of Array.isArray(content) ? (content as Natural[]) : content ? [content as Natural] : [])
        walk(child);
    };
    walk(dataSet);
  };
  return filesOf(
    {
      name: '',
      reason: '',
      ...bad,
      image: (image, meta) => {
        texts(image);
        bad?.image?.(image, meta);
      },
      report: (report) => {
        texts(report);
        bad?.report?.(report);
      },
    },
    number,
  );
};

let said = '';
beforeAll(async () => {
  const good = marked(1);
  const broken = marked(2, { name: '', reason: '', image: (image) => void delete image['ImagePositionPatient'] });
  const source = await startVault([...good, ...broken]);
  const target = await startVault();
  const gate = await startGate(target.url);
  let stores = 0;
  // an archive that answers with all that it knows of the patient, in body, header and reason
  gate.judge = (request) =>
    isStore(request) && stores++ < 2
      ? {
          status: stores === 1 ? 500 : 409,
          headers: { 'content-type': 'text/html', 'x-patient': `${MARKER}20`, warning: `299 - "${MARKER}21"` },
          body: `<html>${MARKER}22 19010203</html>`,
        }
      : 'pass';
  const port = await freePort();
  const config = join(scratch, 'site.yaml');
  writeFileSync(
    config,
    `archives:
  - { name: pacs, url: "${source.url}", budget: { requestsPerSecond: 500, megabytesPerSecond: 500 } }
  - { name: vault, url: "${gate.url}", budget: { requestsPerSecond: 500, megabytesPerSecond: 500 } }
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 2s }] }]
destinations: [{ archive: vault, mode: live, storeFrom: always, requireStudy: false }]
rules: [{ store: { to: [vault] } }]
page: { listen: "127.0.0.1:${port}" }
`,
  );
  const child = spawn(process.execPath, ['bin/caliper.mjs', 'run', '--config', config], {
    env: { ...process.env, NODE_OPTIONS: '', CALIPER_LOG_LEVEL: 'debug' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const hear = (chunk: Buffer): void => void (said += chunk.toString('latin1'));
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  try {
    const until = Date.now() + 60_000;
    while (!said.includes('report.waiting') && !said.includes('object.stored') && Date.now() < until) await pause(200);
    for (const path of ['/metrics', '/healthz', '/readyz', '/no-such-page', `/reports/${MARKER}`])
      said += await fetch(`http://127.0.0.1:${port}${path}`).then(
        async (answer) => (path.includes(MARKER) ? String(answer.status) : await answer.text()),
        () => '',
      );
    child.kill('SIGTERM');
    await new Promise((ended) => child.once('exit', ended));
  } finally {
    child.kill('SIGKILL');
    for (const closes of [gate, source, target]) await closes.close();
  }
}, 120_000);

test('d15-no-phi-anywhere', () => {
  // it did work: both reports were read, and the destination said what it said
  expect(said).toContain('report.read');
  expect(said).toMatch(/report\.waiting|object\.stored/);
  expect(said).toContain('caliper_events_total');
  for (const secret of [MARKER, '19010203', '2.25.1001', '2.25.1002']) expect(said).not.toContain(secret);
});

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
