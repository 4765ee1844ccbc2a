/**
 * Harvesting against what it cannot do without: fetching the same bytes from the same Orthanc plus encoding the same PNGs (zlib level 4, filter Sub),
 * each alone, in the same run, both with as many lanes.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import dcmjs from 'dcmjs';
import { decode } from 'fast-png';
import { Agent, request } from 'undici';
import { makePhantomStudy } from '../dist/phantom/index.js';
import { startKernelPool } from '../dist/compute/index.js';
import { PNG_LEVEL } from '../dist/pictures/index.js';
import { orthancProcess } from './harness/orthanc-process.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 9);
const PATIENTS = Number(process.env.PATIENTS ?? 24);
const LANES = Number(process.env.LANES ?? 4);
const CONTEXT_MM = 15;
const THREADS = 2;
/** Patients of the first month. */
const FIRST = Math.floor(PATIENTS / 4);
const root = new URL('..', import.meta.url).pathname;
const { DicomDict, DicomMessage, DicomMetaDictionary } = dcmjs.data;
dcmjs.log.setLevel('silent');

const naturalOf = (bytes) =>
  DicomMetaDictionary.naturalizeDataset(
    DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)).dict,
  );
const fileOf = (natural) => {
  const file = new DicomDict(
    DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: natural.SOPClassUID,
      MediaStorageSOPInstanceUID: natural.SOPInstanceUID,
      TransferSyntaxUID: '1.2.840.10008.1.2.1',
      ImplementationClassUID: '2.25.1',
    }),
  );
  file.dict = DicomMetaDictionary.denaturalizeDataset({ ...natural, _vrMap: { PixelData: 'OW' } });
  return Buffer.from(file.write());
};
/** New UIDs all through a data set, told by their text. */
const renamed = (value, names) => {
  if (typeof value === 'string') return names(value);
  if (Array.isArray(value)) return value.map((v) => renamed(v, names));
  if (value && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, renamed(v, names)]));
  return value;
};

/**
 * Copies of the phantom's marked slices, of those within the context and of its report, a patient each: 512 x 512, seven lesions. Gives every instance
 * with its month and what it is.
 */
async function fill(archive) {
  const study = makePhantomStudy(1);
  const marked = new Set(study.truths.map((t) => t.imageUID));
  const all = study.files.filter((f) => f.name.startsWith('ct/')).map((f) => naturalOf(f.bytes));
  const isNear = (z) =>
    all.some((n) => marked.has(n.SOPInstanceUID) && Math.abs(n.ImagePositionPatient[2] - z) <= CONTEXT_MM);
  const images = all.filter((n) => isNear(n.ImagePositionPatient[2]));
  const report = JSON.parse(JSON.stringify(naturalOf(study.files.find((f) => f.name === 'report.dcm').bytes)));
  const instances = [];
  for (let p = 0; p < PATIENTS; p++) {
    const names = (text) => (/^2\.25\.\d{20,}/.test(text) ? `${text.slice(0, 40)}.${p}` : text);
    const date = p < FIRST ? '20240315' : '20240415';
    for (const natural of [...images, report]) {
      const { PixelData, ...rest } = natural;
      const copy = {
        ...renamed(rest, names),
        PatientID: `P${p}`,
        StudyDate: date,
        ...(PixelData ? { PixelData } : {}),
      };
      await archive.upload(fileOf(copy));
      instances.push({
        path: `studies/${copy.StudyInstanceUID}/series/${copy.SeriesInstanceUID}/instances/${copy.SOPInstanceUID}`,
        month: p < FIRST ? 'first' : 'second',
        kind: !PixelData ? 'report' : marked.has(natural.SOPInstanceUID) ? 'marked' : 'context',
      });
    }
  }
  return instances;
}

const caliper = (args) =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(root, 'bin/caliper.mjs'), ...args], {
      env: { ...process.env, BENCH_KEY: 'a key of a bench, thirty-two characters and more' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    child.once('close', (status) => (status === 0 ? done(err) : failed(new Error(err))));
  });

async function inLanes(items, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      while (next < items.length) await work(items[next++]);
    }),
  );
}

/** As the kernels give slices: in memory that all threads see. */
function sharedHu(data) {
  const hu = new Float32Array(new SharedArrayBuffer(4 * data.length));
  for (let i = 0; i < data.length; i++) hu[i] = data[i] - 32768;
  return hu;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** One way to harvest next to its limit, in turn. */
async function measured({ scratch, config, url, instances }, contextMm) {
  const harvest = async (name, to) => {
    const out = join(scratch, `set-${contextMm}-${name}`);
    const started = performance.now();
    await caliper([
      'harvest',
      '--config',
      config,
      '--out',
      out,
      '--from',
      '2024-03-01',
      '--to',
      to,
      '--threads',
      String(THREADS),
      '--context',
      String(contextMm),
    ]);
    return { out, ms: performance.now() - started };
  };

  const warm = await harvest('warm', '2024-04-30');
  // the second month alone: its instances, and as many of the set's pictures as are its share
  const fetched = instances.filter((i) => i.month === 'second' && (contextMm > 0 || i.kind !== 'context'));
  const addresses = fetched.map(({ path }) => `${url}/${path}`);
  const below = (folder) => {
    const all = readdirSync(join(warm.out, folder), { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
    return all.slice(0, Math.round((all.length * (PATIENTS - FIRST)) / PATIENTS));
  };
  const pictures = [...below('images'), ...below('seeds')]
    .map((e) => decode(readFileSync(join(e.parentPath, e.name))))
    .map(({ width: columns, height: rows, depth, data }) =>
      depth === 16 ? { rows, columns, hu: sharedHu(data) } : { rows, columns, labels: Uint8Array.from(data) },
    );
  const agent = new Agent({ connections: LANES });
  const kernels = startKernelPool({ threads: THREADS });
  await Promise.all(
    Array.from({ length: THREADS }, () => kernels.labelPicture({ rows: 1, columns: 1 }, new Uint8Array(1))),
  );
  let bytes = 0;
  const fetchAll = async () => {
    bytes = 0;
    const started = performance.now();
    await inLanes(addresses, async (url) => {
      const answer = await request(url, {
        dispatcher: agent,
        headers: { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
      });
      const { byteLength } = await answer.body.arrayBuffer();
      bytes += byteLength; // not before the answer is there: lanes would overwrite each other's sums
    });
    return performance.now() - started;
  };
  const encodeAll = async () => {
    const started = performance.now();
    await inLanes(pictures, (p) =>
      p.hu ? kernels.huPicture({ plane: p, hu: p.hu }) : kernels.labelPicture(p, p.labels),
    );
    return performance.now() - started;
  };

  const times = { first: [], both: [], fetch: [], encode: [] };
  for (let i = 0; i < ROUNDS; i++) {
    for (const [what, to] of [
      ['first', '2024-03-31'],
      ['both', '2024-04-30'],
    ]) {
      const { out, ms } = await harvest(`${i}-${what}`, to);
      rmSync(out, { recursive: true });
      times[what].push(ms);
    }
    times.fetch.push(await fetchAll());
    times.encode.push(await encodeAll());
  }
  await Promise.all([agent.close(), kernels.close()]);
  const m = Object.fromEntries(Object.entries(times).map(([k, v]) => [k, median(v)]));
  const ours = m.both - m.first;
  const limit = m.fetch + m.encode;
  const megabytes = bytes / 1e6;
  const lesions = pictures.filter((p) => p.labels).length;
  const what = contextMm === 0 ? 'the marked slice alone' : `slices within ${contextMm} mm`;
  const row = (of, count, unit) => ({
    what: `${of}, ${what}`,
    ours: (1000 * count) / ours,
    peer: (1000 * count) / limit,
    unit,
    ratio: limit / ours,
  });
  console.log(
    `${what}: ${addresses.length} instances, ${megabytes.toFixed(1)} MB, ${pictures.length} PNGs (zlib level ${PNG_LEVEL}, filter Sub), ${LANES} lanes; medians of ${ROUNDS}: ` +
      `harvest of both months ${m.both.toFixed(0)} ms, of the first ${m.first.toFixed(0)} ms; the second month's fetching ${m.fetch.toFixed(0)} ms, encoding ${m.encode.toFixed(0)} ms`,
  );
  return [
    row('reports of seven lesions', PATIENTS - FIRST, 'reports/s'),
    row('rows', lesions, 'rows/s'),
    row('bytes fetched', megabytes, 'MB/s'),
  ];
}

export async function bench() {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-harvest-'));
  const archive = await orthancProcess(scratch);
  try {
    const instances = await fill(archive);
    const config = join(scratch, 'bench.yaml');
    writeFileSync(
      config,
      `archives: [{ name: pacs, url: "${archive.url}", budget: { requestsPerSecond: 1000, megabytesPerSecond: 10000 } }]
sources: [{ archive: pacs }]
destinations: [{ archive: pacs, mode: shadow }]
rules: [{ name: lesions, store: { to: [pacs] } }]
stateFolder: state
harvest: { pseudonymKey: "env:BENCH_KEY", shareOfBudget: 1, parallel: ${LANES} }
`,
    );
    const site = { scratch, config, url: archive.url, instances };
    const rows = [...(await measured(site, CONTEXT_MM)), ...(await measured(site, 0))];
    return {
      peer: `the limit: the same bytes fetched, then the same PNGs encoded (zlib level ${PNG_LEVEL}, filter Sub), ${availableParallelism()} processors`,
      rows,
    };
  } finally {
    await archive.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}
