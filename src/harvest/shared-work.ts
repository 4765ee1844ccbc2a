import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ifThere } from '../dataset/index.js';
import { fail, ok, type Result } from '../domain/index.js';
import { moveBack } from './durable-files.js';
import { readRegistry, writeRegistry, type PatientRegistry } from './patients.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { HarvestPlan, SharedWork } from './settings.js';
import { FINISH, SharedBook } from './shared-book.js';
import { registryPath } from './work-folder.js';
import {
  otherSettings,
  recordOf,
  unknownFolder,
  type Ending,
  type Moves,
  type RunRecord,
  type StartRefusal,
  type WorkState,
} from './work-state.js';

/**
 * Begins, joins or takes up the harvest into `plan.out` of all processes that share a database. The folder has to be the same one for all of them,
 * under one path.
 */
export async function openSharedWork(
  plan: HarvestPlan,
  shared: SharedWork,
  names: Pseudonyms,
  today: string,
): Promise<Result<WorkState | 'already-complete', StartRefusal>> {
  const { harvests, leaseMs } = shared;
  const opened = await harvests.alone(() => openOne(plan, shared, names, today));
  if (!opened.ok) return opened;
  if (opened.value === 'already-complete') return ok(opened.value);
  const { number, worker, until } = opened.value;
  const book = new SharedBook(harvests, number, worker, leaseMs);
  const ownRegistry = registryPath(plan, names);
  const key = names.fingerprint();
  return ok({
    until,
    book,
    // patients that this machine met before the database knew any
    async readRegistry() {
      const known = await book.ask(() => harvests.patients(key));
      return known === undefined ? readRegistry(ownRegistry) : (JSON.parse(known) as PatientRegistry);
    },
    async writeRegistry(registry) {
      await book.ask(() => harvests.setPatients(key, JSON.stringify(registry)));
      await writeRegistry(ownRegistry, registry);
    },
    readMoves: () => book.ask(async () => (await harvests.moves(number)) as Moves | undefined),
    writeMoves: (moves) => book.ask(() => harvests.setMoves(number, moves)),
    forgetMoves: () => book.ask(() => harvests.setMoves(number, undefined)),
    async claimFinish() {
      const { mine, done } = await book.claim([FINISH]);
      if (mine.has(FINISH)) return 'mine';
      if (!done.has(FINISH)) return 'others';
      const ending = await book.ask(() => harvests.entry(number, FINISH));
      return ending === undefined ? 'others' : (JSON.parse(ending) as Ending);
    },
    finished: (ending) => book.finish(ending),
    release: () => book.leave(),
  });
}

interface Joined {
  readonly number: number;
  readonly worker: number;
  readonly until: string;
}

/** While no other process does the same. */
async function openOne(
  plan: HarvestPlan,
  { harvests, leaseMs }: SharedWork,
  names: Pseudonyms,
  today: string,
): Promise<Result<Joined | 'already-complete', StartRefusal>> {
  const out = resolve(plan.out);
  const joined = async (number: number, until: string) =>
    ok({ number, worker: await harvests.join(number, leaseMs), until });
  const known = await harvests.find(out);
  const outIsEmpty = ((await ifThere(readdir(out))) ?? []).length === 0;
  if (known === undefined && !outIsEmpty) return fail(unknownFolder(out));
  // nobody works there and nothing is there: the folder was deleted
  if (known === undefined || (outIsEmpty && known.workers === 0))
    return joined(await harvests.begin(out, recordOf(plan, out, names, today)), today);
  const before = known.record as RunRecord;
  const refusal = otherSettings(before, recordOf(plan, out, names, before.until));
  if (refusal) return fail(refusal);
  if (known.state === 'complete') return ok('already-complete');
  if (known.state === 'ended') {
    const moves = (await harvests.moves(known.number)) as Moves | undefined;
    if (moves) await moveBack(out, moves);
    await harvests.again(known.number);
  }
  return joined(known.number, before.until);
}
