import { randomUUID } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { startArchive } from '../archive/index.js';
import { readConfiguration } from '../configuration/index.js';
import { readPart10 } from '../dicom/index.js';
import { type OutcomeKind, type ReasonCode } from '../domain/index.js';
import type { DeliveryRow, MeasurementRow, ReportStory } from '../ledger/index.js';
import { makePhantomStudy, type PhantomStudy, type PhantomTruth } from '../phantom/index.js';
import { sweepAll, workUntilIdle, type World } from '../pipeline/index.js';
import { dice } from '../segmentation/index.js';
import { segmentMask } from '../seg-writer/index.js';
import { startDaemonProcess, PARALLEL_RUNS, type RunningDaemon } from './daemon-process.js';
import { openLog } from './event-log.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { ended } from './run.js';
import type { Terminal } from './terminal.js';
import { textTable } from './text-table.js';
import { untilSignal } from './until-signal.js';

export interface DemoOptions {
  readonly once: boolean;
  readonly data: string;
  readonly port: number | undefined;
  readonly json: boolean;
}

const PHANTOM_SEED = 1;
const DEFAULT_PORT = 8080;

/** `caliper demo`: the whole product on a made-up study, on loopback, with nothing to install and nothing left elsewhere. */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<ExitCode> {
  const started = new Date();
  const folder = resolve(options.data);
  await mkdir(folder, { recursive: true });
  const study = makePhantomStudy(PHANTOM_SEED);
  await fillArchive(join(folder, 'archive'), study);

  const port = options.port ?? (await freePort(DEFAULT_PORT));
  const archive = await startArchive(
    { folder: join(folder, 'archive'), host: '127.0.0.1', port: 0 },
    { randomUUID, report: (notice) => terminal.err(`archive: ${notice.kind}`) },
  );
  const file = join(folder, 'caliper.yaml');
  const text = configurationText(archive.url, port);
  await writeFile(file, text);
  const configuration = readConfiguration(text);
  if (!configuration.ok)
    throw new Error(`the demo's own configuration is wrong: ${JSON.stringify(configuration.error)}`);
  const log = openLog(process.stderr.isTTY ? 'terminal' : 'json', options.once ? 'warn' : 'info');
  const signalled = untilSignal();
  const daemon = await startDaemonProcess(configuration.value, file, log);
  if (!daemon.ok) {
    await archive.close();
    await log.close();
    return ended(daemon.error, terminal);
  }
  terminal.err(`page: ${daemon.value.pageUrl}`);
  terminal.err(`archive: ${archive.url}`);
  let exit: ExitCode = EXIT.done;
  try {
    if (options.once) exit = await untilIdle(daemon.value, study, started, options.json, terminal);
    else {
      terminal.err('press Ctrl-C to stop; everything lies in ' + folder);
      exit = (await signalled).exit;
    }
  } finally {
    await daemon.value.stop();
    await archive.close();
    await log.close();
  }
  return exit;
}

async function fillArchive(folder: string, study: PhantomStudy): Promise<void> {
  for (const { name, bytes } of study.files) {
    const path = join(folder, 'phantom', name);
    if (await exists(path)) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The port, or the next free one where another program has it. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) {
    const free = await new Promise<boolean>((done) => {
      const probe = createServer();
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
  return 0;
}

const configurationText = (archiveUrl: string, port: number): string => `# Written by \`caliper demo\` at every start.
archives:
  - name: demo
    url: ${archiveUrl}
    budget: { requestsPerSecond: 200, megabytesPerSecond: 500 }
sources:
  - archive: demo
    watch: [{ studyDates: 36500d, every: 2s }]
destinations:
  - archive: demo
    mode: live
    storeFrom: always
rules:
  - name: lesions
    method: cosegmentation
    onInferenceFailure: seed
    store: { to: [demo] }
database: embedded
stateFolder: state
page: { listen: 127.0.0.1:${port} }
`;

interface LesionLine {
  readonly lesion: string;
  readonly outcome: OutcomeKind | 'pending' | 'not-seen';
  readonly reason: ReasonCode | null;
  readonly dice: number | null;
  readonly agreement: number | null;
  readonly segUID: string | null;
}

async function untilIdle(
  daemon: RunningDaemon,
  study: PhantomStudy,
  started: Date,
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const { world, plans, owner } = daemon.configured;
  await sweepAll(plans, world);
  await workUntilIdle(owner, PARALLEL_RUNS, world, {
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    stopped: () => false,
  });
  const number = await world.ledger.findUid(study.reportUID);
  const story = number === undefined ? undefined : await world.ledger.reportByNumber(number);
  const lines: LesionLine[] = [];
  for (const truth of study.truths) lines.push(await lesionLine(truth, story, started, world));
  if (json) for (const line of lines) terminal.out(JSON.stringify(line));
  else
    terminal.out(
      textTable(
        ['lesion', 'outcome', 'Dice', 'agreement', 'SEG UID'],
        lines.map((l) => [
          l.lesion,
          l.reason ? `${l.outcome}: ${l.reason}` : l.outcome,
          l.dice?.toFixed(3) ?? '',
          l.agreement?.toFixed(2) ?? '',
          l.segUID ?? '',
        ]),
      ),
    );
  const good = lines.filter((l) => (l.outcome === 'stored' || l.outcome === 'already-stored') && l.dice !== null);
  const mean = good.reduce((sum, l) => sum + l.dice!, 0) / Math.max(1, good.length);
  const stored = good.filter((l) => l.outcome === 'stored').length;
  const summary = `${stored} of ${lines.length} lesions stored and read back, ${good.length - stored} already stored; mean Dice ${mean.toFixed(3)}`;
  if (json) terminal.err(summary);
  else terminal.out(summary);
  return good.length === lines.length ? EXIT.done : EXIT.someFailed;
}

/** What became of a lesion, its mask read from the archive: what was stored before this call is `already-stored`. */
async function lesionLine(
  truth: PhantomTruth,
  story: ReportStory | undefined,
  started: Date,
  world: World,
): Promise<LesionLine> {
  const row = story?.runs[0]?.measurements.find((m) => m.trackingUID === truth.trackingUID);
  const line = {
    lesion: truth.name,
    outcome: row?.outcome ?? 'not-seen',
    reason: row?.reason ?? null,
    dice: null,
    agreement: row?.agreement ?? null,
    segUID: row?.seg ?? null,
  } as const;
  if (!row || row.seg === undefined || row.segmentNumber === undefined) return line;
  const dice = await storedDice(row, truth, world);
  const before = row.outcome === 'stored' && !deliveriesOf(story, row).some((d) => d.changed >= started);
  return { ...line, outcome: before && dice !== null ? 'already-stored' : line.outcome, dice };
}

const deliveriesOf = (story: ReportStory | undefined, row: MeasurementRow): readonly DeliveryRow[] =>
  story?.runs.flatMap((run) => run.objects).find((object) => object.number === row.object)?.deliveries ?? [];

async function storedDice(row: MeasurementRow, truth: PhantomTruth, world: World): Promise<number | null> {
  const archive = [...world.destinations.values()][0]!.archive;
  const place = await archive.locate(row.seg!, undefined);
  const bytes = place.ok ? await archive.retrieve(place.value) : undefined;
  const file = bytes?.ok ? readPart10(bytes.value) : undefined;
  const mask = file?.ok ? segmentMask(file.value.dataSet, row.segmentNumber!) : undefined;
  return mask ? dice(truth.mask, mask) : null;
}
