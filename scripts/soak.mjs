import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import dcmjs from 'dcmjs';
import { ensureBuild, ensureNodePackages, root } from './node-packages.mjs';

/**
 * One daemon and one Orthanc that keeps the newest studies only, as a router does, and reports that go on coming: memory and handles of the daemon over
 * time, every so many reports. Ends with exit 1 where memory or handles have grown by a tenth from the second quarter to the last, or a lesion has not
 * been stored.
 */
const HELP = `node scripts/soak.mjs [--reports N] [--every N] [--ahead N] [--keep N]

  --reports   reports in all (default 20000)
  --every     a line so often, in reports (default 500)
  --ahead     reports that may be waiting at most (default 100)
  --keep      studies that the archive keeps after their report has ended (default 200)`;

const { values } = parseArgs({
  options: {
    reports: { type: 'string', default: '20000' },
    every: { type: 'string', default: '500' },
    ahead: { type: 'string', default: '100' },
    keep: { type: 'string', default: '200' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
ensureNodePackages();
ensureBuild();
const { orthancProcess } = await import('../bench/harness/orthanc-process.mjs');
const { makePhantomStudy } = await import('../dist/phantom/index.js');
const REPORTS = Number(values.reports);

/**
 * The phantom's report with its marked slices, so many times: three of four reports carry one lesion only, as most reports of follow-ups do. Every UID
 * ends in a number of its own of the same length.
 */
function maker() {
  const study = makePhantomStudy(1);
  const report = study.files.find(({ name }) => name === 'report.dcm').bytes;
  const imagesOf = (truths) =>
    study.files
      .filter(({ name, bytes }) => name !== 'report.dcm' && truths.some((t) => Buffer.from(bytes).includes(t.imageUID)))
      .map(({ bytes }) => bytes);
  // the report comes last, as from a workstation: it finds its images
  const patterns = [
    [...imagesOf(study.truths), report],
    ...study.truths.map((truth) => [...imagesOf([truth]), withOneLesion(report, truth.trackingUID)]),
  ].map((files) => files.map((bytes) => Buffer.from(bytes).toString('latin1')));
  return (n) => {
    const files = n % 4 === 0 ? patterns[0] : patterns[1 + (n % (patterns.length - 1))];
    const uids = new Set(files.flatMap((text) => text.match(/2\.25\.\d{20,39}/g) ?? []));
    return files.map((text) => {
      let own = text;
      for (const uid of uids) own = own.replaceAll(uid, `${uid.slice(0, -6)}${String(100_000 + n)}`);
      return Buffer.from(own, 'latin1');
    });
  };
}

/** The report with one of its measurement groups. */
function withOneLesion(bytes, trackingUID) {
  const { DicomMessage, DicomMetaDictionary } = dcmjs.data;
  const file = DicomMessage.readFile(Uint8Array.from(bytes).buffer);
  const report = DicomMetaDictionary.naturalizeDataset(file.dict);
  for (const { ContentSequence: items } of [report.ContentSequence]
    .flat()
    .filter(({ ValueType }) => ValueType === 'CONTAINER'))
    if (items.some(holdsMeasurements))
      items.splice(0, items.length, ...items.filter((group) => JSON.stringify(group).includes(trackingUID)));
  file.dict = DicomMetaDictionary.denaturalizeDataset(report);
  return new Uint8Array(file.write());
}
const holdsMeasurements = ({ ContentSequence: items }) => items?.some(({ ValueType }) => ValueType === 'NUM') ?? false;

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const scratch = mkdtempSync(join(tmpdir(), 'caliper-soak-'));
mkdirSync(join(scratch, 'archive'));
const archive = await orthancProcess(join(scratch, 'archive'));
const port = await freePort();
writeFileSync(
  join(scratch, 'site.yaml'),
  `archives: [{ name: pacs, url: "${archive.url}", budget: { requestsPerSecond: 1000, megabytesPerSecond: 1000 } }]
sources: [{ archive: pacs, watch: [{ studyDates: 36500d, every: 5s }] }]
destinations: [{ archive: pacs, mode: live, storeFrom: always }]
rules: [{ store: { to: [pacs] } }]
page: { listen: "127.0.0.1:${port}" }
`,
);
const child = spawn(process.execPath, [join(root, 'bin/caliper.mjs'), 'run', '--config', join(scratch, 'site.yaml')], {
  stdio: ['ignore', 'ignore', 'ignore'],
});
const ended = new Promise((done) => child.once('exit', done));
const metric = (text, name) =>
  Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} ([\\d.e+-]+)`, 'm').exec(text)?.[1] ?? 0);

const make = maker();
const lines = [];
let outcomes = [];
const began = Date.now();
let put = 0;
let removed = 0;
const studies = [];
let next = Number(values.every);
console.log('reports  stored  minutes  RSS MB  handles  event loop p99 ms');
for (;;) {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`)
    .then((r) => r.text())
    .catch(() => '');
  const done = metric(text, 'caliper_runs{state="done"}');
  while (put < REPORTS && put - done < Number(values.ahead)) {
    for (const bytes of make(put)) studies[put] = await archive.upload(bytes);
    put++;
  }
  while (removed < done - Number(values.keep)) await archive.remove(studies[removed++]);
  if (done >= next || done >= REPORTS) {
    const line = {
      reports: put,
      stored: done,
      minutes: (Date.now() - began) / 60_000,
      megabytes: metric(text, 'process_resident_memory_bytes') / 2 ** 20,
      handles: readdirSync(`/proc/${child.pid}/fd`).length,
      lag: metric(text, 'nodejs_eventloop_lag_p99_seconds') * 1000,
    };
    lines.push(line);
    console.log(
      Object.values(line)
        .map((value) => Number(value.toFixed(1)))
        .join('  '),
    );
    next = done + Number(values.every);
  }
  if (done >= REPORTS) {
    outcomes = [...text.matchAll(/^caliper_measurements\{outcome="([^"]+)"\} (\d+)/gm)]
      .map(([, outcome, n]) => [outcome, Number(n)])
      .filter(([, n]) => n > 0);
    break;
  }
  if (child.exitCode !== null) throw new Error(`the daemon ended by itself with ${child.exitCode}`);
  await pause(500);
}
child.kill('SIGTERM');
await ended;
archive.stop?.();
rmSync(scratch, { recursive: true, force: true });
const mean = (part, of) => part.reduce((sum, line) => sum + line[of], 0) / Math.max(1, part.length);
const quarter = Math.max(1, Math.floor(lines.length / 4));
const second = lines.slice(quarter, 2 * quarter).length > 0 ? lines.slice(quarter, 2 * quarter) : lines;
const growth = (of) => mean(lines.slice(-quarter), of) / mean(second, of) - 1;
const percent = (part) => `${(100 * part).toFixed(1)} %`;
console.log(
  `${REPORTS} reports in ${((Date.now() - began) / 60_000).toFixed(1)} min; last quarter against the second: memory ${percent(growth('megabytes'))}, handles ${percent(growth('handles'))}`,
);
console.log(`lesions: ${outcomes.map(([outcome, n]) => `${n} ${outcome}`).join(', ')}`);
const allStored = outcomes.every(([outcome]) => outcome === 'stored');
process.exit(growth('megabytes') < 0.1 && growth('handles') < 0.1 && allStored ? 0 : 1);
