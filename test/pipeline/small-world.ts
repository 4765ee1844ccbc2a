import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startArchive, type RunningArchive } from '../../src/archive/index.js';
import { startKernelPool } from '../../src/compute/index.js';
import { openArchive } from '../../src/dicomweb/index.js';
import type { EventFields, EventName, Rule } from '../../src/domain/index.js';
import { openDatabase, openLedger } from '../../src/ledger/index.js';
import { sweepAll, workUntilIdle, type Destination, type WatchPlan, type World } from '../../src/pipeline/index.js';
import { deleteWithDatabases } from '../environment/state-folders.js';
import { filesOf } from './altered-phantom.js';

export interface SmallWorld {
  readonly world: World;
  readonly archive: RunningArchive;
  /** Where the archive keeps its files. */
  readonly folder: string;
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

/** Everything real and small: the embedded archive with one report on one slice, an embedded database, two kernel threads. */
export async function smallWorld(
  mode: 'live' | 'shadow',
  destination: Partial<Destination> = {},
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[] = filesOf(undefined, 1),
): Promise<SmallWorld> {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-small-'));
  const folder = join(scratch, 'archive');
  mkdirSync(folder);
  for (const { name, bytes } of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const archive = await startArchive({ folder, host: '127.0.0.1', port: 0 }, { randomUUID, report: () => undefined });
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
    sources: new Map([['pacs', { name: 'pacs', archive: client, images: [client], carriers: [] }]]),
    destinations: new Map([
      [
        'pacs',
        {
          name: 'pacs',
          archive: client,
          confirm: 'read-back',
          requireStudy: true,
          storeFrom: 'always',
          ...destination,
        },
      ],
    ]),
    rules: [RULE],
    extent: 'slice',
    digests: { policyDigest: 'p'.repeat(64), methodDigest: 'm'.repeat(64) },
    kernels,
    network: undefined,
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
