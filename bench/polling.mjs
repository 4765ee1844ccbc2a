/**
 * What it costs to watch an archive: requests, time and rows of one sweep over each layer, in the embedded archive with a made-up index of up to 200,000
 * series (a month's study dates grow with nothing: the archive grows by its past). A quarter of the series are structured reports, nine tenths of them
 * dose reports. The peer is a watcher that remembers nothing: it lists every series of reports of the window each time.
 */
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { application } from '../dist/archive/application.js';
import { Catalogue } from '../dist/archive/catalogue/catalogue.js';
import { SharedAttributes } from '../dist/archive/catalogue/instance-record.js';
import { openArchive, searchPlan, sweep, tailPlan } from '../dist/dicomweb/index.js';

const SIZES = (process.env.SERIES ?? '50000,100000,200000').split(',').map(Number);
/** A hospital of 30 CT studies a day: three series of images and one of reports each. */
const STUDIES_A_DAY = 30;
const SERIES_A_STUDY = 4;
const ROUNDS = Number(process.env.ROUNDS ?? 9);
/** A sweep that takes long is not repeated for longer than this: the embedded archive looks at every series of its index for every page. */
const SECONDS_A_LAYER = Number(process.env.SECONDS ?? 20);
const TODAY = '20261124';
const DOSE = '1.2.840.10008.5.1.4.1.1.88.67';
const ENHANCED = '1.2.840.10008.5.1.4.1.1.88.22';
const CT = '1.2.840.10008.5.1.4.1.1.2';

const dayBefore = (days) => new Date(Date.UTC(2026, 10, 24 - days)).toISOString().slice(0, 10).replaceAll('-', '');

function filled(series) {
  const catalogue = new Catalogue();
  const shared = new SharedAttributes();
  const one = (vr, value) => ({ vr, Value: [value] });
  for (let n = 0; n < series / SERIES_A_STUDY; n++) {
    const study = `2.25.1${String(n).padStart(7, '0')}`;
    const ofStudy = shared.share({
      '00080020': one('DA', dayBefore(Math.floor(n / STUDIES_A_DAY))),
      '00100020': one('LO', `P${n}`),
      '0020000D': one('UI', study),
    });
    for (let s = 0; s < SERIES_A_STUDY; s++) {
      const isReport = s === SERIES_A_STUDY - 1;
      catalogue.add({
        studyInstanceUID: study,
        seriesInstanceUID: `${study}.${s}`,
        sopInstanceUID: `${study}.${s}.1`,
        sopClassUID: !isReport ? CT : n % 10 === 0 ? ENHANCED : DOSE,
        transferSyntaxUID: '1.2.840.10008.1.2.1',
        directory: '',
        name: '',
        size: 0,
        modified: 0,
        study: ofStudy,
        series: { '00080060': one('CS', isReport ? 'SR' : 'CT'), '0020000E': one('UI', `${study}.${s}`) },
        common: shared.share({ '00080016': one('UI', !isReport ? CT : n % 10 === 0 ? ENHANCED : DOSE) }),
        own: '{}',
      });
    }
  }
  return catalogue;
}

async function serve(catalogue) {
  const server = createServer(
    application({
      store: { folder: '/nowhere', catalogue, shared: new SharedAttributes() },
      limits: { requestBytes: 1, instanceBytes: 1 },
      boundary: () => randomUUID(),
      unexpected: (error) => console.error(error),
    }),
  );
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}/dicom-web`,
    close: () => new Promise((d) => server.close(d)),
  };
}

const allKnown = (series) => new Map(series.map((reference) => [reference.series, 1]));

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const said = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);

export async function bench() {
  const rows = [];
  for (const size of SIZES) {
    said(`${size.toLocaleString('en')} series: filling the index`);
    const waited = { ms: 0 };
    const server = await serve(filled(size));
    const archive = openArchive(
      {
        name: 'bench',
        url: server.url,
        credentials: { kind: 'none' },
        budget: { requestsPerSecond: 1e6, megabytesPerSecond: 1e6 },
        timeouts: { connect: 60_000, headers: 600_000, body: 600_000, whole: 600_000 },
        maximumAnswerBytes: 1 << 28,
        observe: ({ took }) => (waited.ms += took),
      },
      { now: Date.now, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) },
    );
    const layers = [
      ...searchPlan(
        ['2d', '14d', '180d'].map((studyDates) => ({ studyDates, modalities: ['SR', 'KO'] })),
        TODAY,
      ),
      { ...tailPlan('20250101', TODAY, ['SR', 'KO'])[6], name: 'a month of the tail' },
    ];
    const timed = async (layer, known) => {
      const began = performance.now();
      waited.ms = 0;
      const swept = await sweep(archive, layer, known);
      if (!swept.ok) throw new Error(swept.error.code);
      const ms = performance.now() - began;
      return { ms, own: ms - waited.ms, ...swept.value };
    };
    for (const layer of layers) {
      const quiet = [];
      const began = performance.now();
      while (quiet.length < ROUNDS && (quiet.length === 0 || performance.now() - began < SECONDS_A_LAYER * 1000))
        quiet.push(await timed(layer, allKnown));
      const { requests, series } = quiet.at(-1);
      const ms = median(quiet.map((q) => q.ms));
      said(`  ${layer.name}: ${requests} requests, ${ms.toFixed(0)} ms (median of ${quiet.length})`);
      // one request more for each series; counted, and timed where there are few
      const naive = requests + series.length;
      const all = series.length > 1_000 ? undefined : await timed(layer, () => new Map());
      if (all && all.requests !== naive) throw new Error(`${all.requests} requests, not ${naive}`);
      const what = `${size.toLocaleString('en')} series, ${layer.name} (${series.length} series of reports), quiet sweep`;
      rows.push(
        { what, ours: requests, peer: naive, unit: 'requests', ratio: naive / requests },
        { what, ours: ms, ...(all ? { peer: all.ms, ratio: all.ms / ms } : {}), unit: 'ms' },
        { what, ours: median(quiet.map((q) => q.own)), unit: 'ms of them outside requests' },
      );
    }
    await archive.close();
    await server.close();
  }
  return { peer: 'a watcher that lists every series of reports each time', rows };
}
