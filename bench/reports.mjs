import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import dcmjs from 'dcmjs';
import { readPart10 } from '../dist/dicom/index.js';
import { readReport } from '../dist/sr-parser/index.js';
import { alternate, row, startPeer, timed } from './harness/side-by-side.mjs';

const root = join(import.meta.dirname, '..');
const shared = process.env.CALIPER_SHARED ?? join(root, '../shared');
const BIG = 'independent/big-500-groups.dcm';

/**
 * Bytes of reports to what they say. Ours finds the marks as well; dcmjs only parses (`readFile` and `naturalizeDataset`), pydicom parses and
 * walks, highdicom reads groups and measurements. A file that a peer does not read is left out of its comparison.
 */
export async function bench(python) {
  const { folder, paths } = reportFiles();
  const bytes = new Map(paths.map((path) => [path, readFileSync(join(folder, path))]));
  const big = paths.filter((path) => path === BIG);
  const small = paths.filter((path) => path !== BIG);
  const peer = startPeer(python, 'reports_peer.py');
  const { reads, version } = await peer.ask({
    do: 'load',
    paths: paths.map((path) => join(folder, path)),
    slow: big.map((path) => join(folder, path)),
  });
  dcmjs.log.setLevel('silent');
  const quiet = { log: console.log, warn: console.warn, error: console.error };
  Object.assign(console, { warn: () => undefined, log: () => undefined, error: () => undefined });

  const ours = (files) => () => timed(() => files.forEach((path) => readOurs(bytes.get(path))));
  const theirs = (files) => () => timed(() => files.forEach((path) => readDcmjs(bytes.get(path))));
  const python_ = (reader, files) => async () =>
    (await peer.ask({ do: 'time', reader, paths: files.map((path) => join(folder, path)) })).ms;

  const rows = [];
  const compare = async (what, files, other, options) => {
    if (files.length === 0) return;
    const [a, b] = await alternate([ours(files), other], options);
    const size = files.reduce((sum, path) => sum + bytes.get(path).length, 0) / 1e6;
    rows.push(row(`${what}: ms a report`, a / files.length, b / files.length, 'ms'));
    rows.push({ what: `${what}: MB/s`, ours: (1000 * size) / a, peer: (1000 * size) / b, unit: 'MB/s', ratio: b / a });
  };
  try {
    const readable = small.filter((path) => canRead(() => readDcmjs(bytes.get(path))));
    const of = (reader) => small.filter((path) => reads[reader].includes(join(folder, path)));
    await compare(`dcmjs, ${readable.length} reports`, readable, theirs(readable));
    await compare(`pydicom, ${of('pydicom').length} reports`, of('pydicom'), python_('pydicom', of('pydicom')), TURNS);
    await compare(
      `highdicom, ${of('highdicom').length} reports`,
      of('highdicom'),
      python_('highdicom', of('highdicom')),
      TURNS,
    );
    await compare('dcmjs, 500 groups', big, theirs(big));
    await compare('pydicom, 500 groups', big, python_('pydicom', big), TURNS);
    // some 10 s a time
    await compare('highdicom, 500 groups', big, python_('highdicom', big), { rounds: 3, warmUp: 0 });
  } finally {
    Object.assign(console, quiet);
    peer.close();
  }
  return { peer: `dcmjs ${dcmjsVersion()}, ${version}`, rows };
}

const TURNS = { rounds: 9, warmUp: 2 };

/** The collection of reports where it lies beside the checkout, else what the repository has of it. */
function reportFiles() {
  const corpus = join(shared, 'sr-corpus');
  if (existsSync(join(corpus, 'manifest.csv'))) {
    const rows = readFileSync(join(corpus, 'manifest.csv'), 'utf8').split('\n');
    const paths = rows.filter((line) => line.includes(',tid1500,')).map((line) => line.slice(0, line.indexOf(',')));
    return { folder: corpus, paths: paths.filter((path) => path.endsWith('.dcm')) };
  }
  const folder = join(root, 'test/fixtures/reports');
  return { folder, paths: readdirSync(folder).filter((file) => /^(?!negative|osirix|.*gsps).*\.dcm$/.test(file)) };
}

function readOurs(bytes) {
  const file = readPart10(bytes);
  if (!file.ok) throw new Error(file.error.code);
  return readReport(file.value.dataSet);
}

function readDcmjs(bytes) {
  const { dict } = dcmjs.data.DicomMessage.readFile(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  );
  return dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
}

function canRead(read) {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

const dcmjsVersion = () => JSON.parse(readFileSync(join(root, 'node_modules/dcmjs/package.json'), 'utf8')).version;
