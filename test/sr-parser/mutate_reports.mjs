/**
 * Reads mutated reports of others and prints what became of them: `node mutate_reports.mjs FIXTURES RUNS SEED`. A process of its own, so that its
 * memory can be bounded and a hang be ended. An input that makes anything throw ends the process with its seed.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { imagePlaneOf, readPart10 } from '../../dist/dicom/index.js';
import {
  chooseSlice,
  explainReport,
  isOwnObject,
  locateMeasurement,
  readAim,
  readReport,
  recogniseCarrier,
  rejectedInstances,
  supersededReports,
} from '../../dist/sr-parser/index.js';

const [folder, runs, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const files = [folder, join(folder, 'carriers')].flatMap((at) =>
  readdirSync(at)
    .filter((name) => /\.(?:dcm|xml|json)$/.test(name) && !/\.\w+\.json$/.test(name) && name !== 'manifest.json')
    .sort()
    .map((name) => readFileSync(join(at, name))),
);
const header = readPart10(readFileSync(join(folder, 'slices/ct__synthetic__aniso-1.dcm'))).value.dataSet;
const slice = {
  plane: imagePlaneOf(header, undefined).value,
  hu: new Float32Array(0),
  lossy: false,
  header,
  reference: { sopClassUID: undefined, sopInstanceUID: header.text(0x00080018), frame: undefined },
};

/** mulberry32 */
function randomOf(start) {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Tags that steer the reader (little endian), and lengths that lie. */
const TAGS = [
  [0x40, 0, 0x30, 0xa7],
  [0x40, 0, 0x40, 0xa0],
  [0x40, 0, 0x43, 0xa0],
  [0x40, 0, 0x00, 0xa3],
  [0x40, 0, 0x73, 0xdb],
  [0x70, 0, 0x22, 0],
  [0x70, 0, 0x23, 0],
  [0x70, 0, 0x01, 0],
  [0x70, 0, 0x09, 0],
  [0x08, 0, 0x99, 0x11],
  [0x08, 0, 0x16, 0],
  [0xfe, 0xff, 0x00, 0xe0],
  [0xfe, 0xff, 0x0d, 0xe0],
  [0xfe, 0xff, 0xdd, 0xe0],
];
const LENGTHS = [
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [1, 0, 0, 0],
  [2, 0, 1, 0],
];
const WORDS = [
  'NaN',
  '1e999',
  '-1',
  '<',
  '>',
  '"',
  '&amp;',
  '&#x0;',
  '{',
  '}',
  '[',
  'value',
  'POLYLINE',
  '\\',
  '\u0000',
].map((w) => Buffer.from(w));
/** A container with one container in it, to be repeated. */
const NESTING = Buffer.from('4000 30a7 5351 0000 ffffffff feff 00e0 ffffffff'.replaceAll(' ', ''), 'hex');

const MUTATIONS = [
  (bytes, random) => {
    bytes[random(bytes.length)] = random(256);
    return bytes;
  },
  (bytes, random) => {
    bytes[random(bytes.length)] ^= 1 << random(8);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, 1 + random(bytes.length)),
  (bytes, random) => over(bytes, random, TAGS[random(TAGS.length)]),
  (bytes, random) => over(bytes, random, LENGTHS[random(LENGTHS.length)]),
  (bytes, random) => over(bytes, random, WORDS[random(WORDS.length)]),
  (bytes, random) => insert(bytes, random, WORDS[random(WORDS.length)]),
  (bytes, random) => insert(bytes, random, part(bytes, random)),
  (bytes, random) => insert(bytes, random, part(files[random(files.length)], random)),
  (bytes, random) => {
    const a = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, a), bytes.subarray(a + random(200))]);
  },
  (bytes, random) => insert(bytes, random, Buffer.concat(Array.from({ length: 1 + random(400) }, () => NESTING))),
  (bytes, random) =>
    insert(bytes, random, Buffer.concat(Array.from({ length: 1 + random(60) }, () => part(bytes, random)))),
];
const over = (bytes, random, with_) => {
  Buffer.from(with_).copy(bytes, random(bytes.length));
  return bytes;
};
const insert = (bytes, random, what) => {
  const at = random(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
};
const part = (bytes, random) => {
  const a = random(bytes.length);
  return bytes.subarray(a, a + 1 + random(600));
};

function mutated(random) {
  let bytes = Buffer.from(files[random(files.length)]);
  for (let n = 1 + random(8); n > 0 && bytes.length > 0; n--)
    bytes = Buffer.from(MUTATIONS[random(MUTATIONS.length)](bytes, random));
  return bytes;
}

/** Everything that is done with what was read. */
function read(bytes) {
  const reports = [];
  if (recogniseCarrier(bytes) === 'aim') reports.push(readAim(bytes));
  const file = readPart10(bytes);
  if (file.ok) {
    const { dataSet } = file.value;
    reports.push(readReport(dataSet, ['gsps']));
    isOwnObject(dataSet);
    rejectedInstances(dataSet);
    explainReport(dataSet);
  } else if (typeof file.error.code !== 'string') throw new Error('no reason');
  supersededReports(reports);
  for (const report of reports) {
    if (report.measurements.length === 0 && report.skipped.length === 0)
      throw new Error('neither measurement nor reason');
    for (const measurement of report.measurements) {
      locateMeasurement(measurement, report, slice);
      chooseSlice(measurement, [slice.plane]);
    }
  }
  return reports.length === 0
    ? 'unreadable'
    : reports.some((r) => r.measurements.length > 0)
      ? 'measurements'
      : 'reasons';
}

const outcomes = { unreadable: 0, measurements: 0, reasons: 0 };
let slowest = 0;
for (let run = 0; run < runs; run++) {
  const bytes = mutated(randomOf(seed + run));
  const before = performance.now();
  try {
    outcomes[read(bytes)] += 1;
  } catch (error) {
    throw new Error(`seed ${seed + run}`, { cause: error });
  }
  slowest = Math.max(slowest, performance.now() - before);
}
console.log(JSON.stringify({ outcomes, slowest, rssMegabytes: mostResidentMegabytes() }));

/** Of this program alone: what getrusage says begins with the size of the process that started it. */
function mostResidentMegabytes() {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found[1]) / 1024;
}
