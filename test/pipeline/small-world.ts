import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startArchive } from '../../src/archive/index.js';
import { startKernelPool } from '../../src/compute/index.js';
import { openArchive } from '../../src/dicomweb/index.js';
import type { EventFields, EventName, Rule } from '../../src/domain/index.js';
import { openDatabase, openLedger } from '../../src/ledger/index.js';
import { sweepAll, workUntilIdle, type Destination, type WatchPlan, type World } from '../../src/pipeline/index.js';
import { startOrthanc } from '../environment/orthanc.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { filesOf } from './altered-phantom.js';

export interface SmallWorld {
  readonly world: World;
  readonly archive: { readonly url: string };
  /** Where the embedded archive keeps its files. */
  readonly folder: string;
  /** All that the archive holds. */
  files(): Promise<readonly Uint8Array[]>;
  readonly events: { readonly name: string; readonly fields: object }[];
  /** One sweep, and all that is due now. */
  work(world?: World): Promise<void>;
  close(): Promise<void>;
}

const RULE: Rule = {
  name: 'lesions',
  match: {},
  method: 'grabcut',
  onInferenceFailure: 'wait',
  storeTo: ['pacs'],
  holdBelowAgreement: 'auto',
  allowNonAxial: false,
};

/** How the small world's archive is watched: everything of it. */
export const WATCHED: readonly WatchPlan[] = [
  {
    source: 'pacs',
    timeZone: 'UTC',
    layers: [{ days: 36_500, everyMs: 1000 }],
    carriers: [],
    since: undefined,
    quietHours: undefined,
  },
];

/** Everything real and small: an archive with one report on one slice, an embedded database, a kernel thread. */
export async function smallWorld(
  mode: 'live' | 'shadow',
  destination: Partial<Destination> = {},
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[] = filesOf(undefined, 1),
  kind: 'embedded' | 'orthanc' = 'embedded',
): Promise<SmallWorld> {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-small-'));
  const folder = join(scratch, 'archive');
  mkdirSync(folder);
  for (const { name, bytes } of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const archive = await openTarget(kind, folder);
  const client = openArchive(
    {
      name: 'pacs',
      url: archive.url,
      credentials: { kind: 'none' },
      budget: { requestsPerSecond: 500, megabytesPerSecond: 500 },
      timeouts: { connect: 5_000, headers: 20_000, body: 20_000, whole: 60_000 },
      maximumAnswerBytes: 1 << 28,
    },
    { now: Date.now, sleep: (ms) => new Promise((done) => setTimeout(done, ms)) },
  );
  const database = await openDatabase(
    { kind: 'embedded', folder: join(scratch, 'state'), as: 'daemon' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!database.ok) throw new Error(database.error.says);
  const ledger = await openLedger(database.value);
  if (!ledger.ok) throw new Error(ledger.error.says);
  await ledger.value.registerRole('source', 'pacs', 'live');
  await ledger.value.registerRole('destination', 'pacs', mode);
  const kernels = startKernelPool({ threads: 1 });
  const events: SmallWorld['events'] = [];
  const world: World = {
    sources: new Map([['pacs', { name: 'pacs', archive: client, images: [client], carriers: [], nearline: 'wait' }]]),
    destinations: new Map([
      [
        'pacs',
        {
          name: 'pacs',
          archive: client,
          canary: 1,
          confirm: 'read-back',
          requireStudy: true,
          storeFrom: 'always',
          segmentation: 'binary',
          resultReport: false,
          rejectionNotes: 'never',
          ...destination,
        },
      ],
    ]),
    rules: [RULE],
    extent: 'slice',
    digests: { policyDigest: 'p'.repeat(64), methodDigest: 'm'.repeat(64) },
    kernels,
    network: undefined,
    networkOf: () => Promise.resolve(undefined),
    ledger: ledger.value,
    installation: { id: 'test', softwareVersion: '0' },
    log: { event: <N extends EventName>(name: N, fields: EventFields<N>) => void events.push({ name, fields }) },
    now: Date.now,
  };
  return {
    world,
    archive,
    folder,
    events,
    files: () => archive.files(),
    async work(other = world) {
      await sweepAll(WATCHED, other);
      await workUntilIdle('test', 1, other, {
        sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
        stopped: () => false,
      });
    },
    async close() {
      await kernels.close();
      await client.close();
      await archive.close();
      await database.value.close();
      await deleteWithDatabases(scratch);
    },
  };
}

interface Target {
  readonly url: string;
  files(): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

/** The archive with the files of a folder. */
async function openTarget(kind: 'embedded' | 'orthanc', folder: string): Promise<Target> {
  const inFolder = (): readonly Uint8Array[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.dcm'))
      .map((name) => new Uint8Array(readFileSync(join(folder, name))));
  if (kind === 'embedded') {
    const archive = await startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });
    return { url: archive.url, files: () => Promise.resolve(inFolder()), close: () => archive.close() };
  }
  const orthanc = await startOrthanc();
  for (const bytes of inFolder()) await orthanc.upload(bytes);
  return {
    url: orthanc.url,
    files: async () => [...(await orthanc.files()).values()],
    close: () => orthanc.stop(),
  };
}
