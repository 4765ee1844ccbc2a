import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ifThere } from '../dataset/index.js';
import { fail, ok, type Result } from '../domain/index.js';
import { writeDurably } from './durable-files.js';
import { Journal } from './journal.js';
import { readRegistry, writeRegistry } from './patients.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { HarvestPlan } from './settings.js';
import {
  otherSettings,
  recordOf,
  unknownFolder,
  type Moves,
  type RunRecord,
  type StartRefusal,
  type WorkState,
} from './work-state.js';

type FolderRecord = RunRecord & { readonly state: 'working' | 'complete' };

/** Where the patients of a key are known on this machine. */
export const registryPath = (plan: HarvestPlan, names: Pseudonyms): string =>
  join(plan.stateFolder, 'harvest', `patients-${names.fingerprint()}.json`);

/** Opens or makes the folder in which one harvest into `plan.out` keeps its state, for this process alone. */
export async function openWorkFolder(
  plan: HarvestPlan,
  names: Pseudonyms,
  today: string,
): Promise<Result<WorkState | 'already-complete', StartRefusal>> {
  const out = resolve(plan.out);
  const root = join(plan.stateFolder, 'harvest');
  const folder = join(root, createHash('sha256').update(out).digest('hex').slice(0, 16));
  const recordPath = join(folder, 'run.json');
  const before = await recordAt(recordPath);
  const outIsEmpty = ((await ifThere(readdir(out))) ?? []).length === 0;

  if (before === undefined && !outIsEmpty) return fail(unknownFolder(out));
  if (before !== undefined && plan.start === 'new' && !outIsEmpty)
    return fail({
      says:
        before.state === 'complete'
          ? `${out} holds a finished harvest: give a new folder`
          : `${out} holds a harvest that was interrupted: --resume goes on with it, or give a new folder`,
    });
  const goesOn = before !== undefined && !outIsEmpty;
  const record = recordOf(plan, out, names, goesOn ? before.until : today);
  if (goesOn) {
    const refusal = otherSettings(before, record);
    if (refusal) return fail(refusal);
    if (before.state === 'complete') return ok('already-complete');
  }

  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await locked(join(folder, 'lock'));
  if (!lock.ok) return lock;
  const journalPath = join(folder, 'journal.jsonl');
  if (!goesOn) {
    await rm(journalPath, { force: true });
    await writeDurably(recordPath, text({ ...record, state: 'working' }));
  }
  const journal = await Journal.open(journalPath);
  if (!journal.ok) {
    await lock.value();
    return fail({ says: `the journal ${journalPath} is damaged: delete it and ${plan.out}, and begin again` });
  }
  const movesPath = join(folder, 'names.json');
  const registry = registryPath(plan, names);
  return ok({
    until: record.until,
    book: journal.value,
    readRegistry: () => readRegistry(registry),
    writeRegistry: (patients) => writeRegistry(registry, patients),
    async readMoves() {
      const moves = await ifThere(readFile(movesPath, 'utf8'));
      return moves === undefined ? undefined : (JSON.parse(moves) as Moves);
    },
    writeMoves: (moves) => writeDurably(movesPath, JSON.stringify(moves)),
    forgetMoves: () => rm(movesPath, { force: true }),
    claimFinish: () => Promise.resolve('mine'),
    async finished({ retryable }) {
      if (retryable > 0) return;
      await writeDurably(recordPath, text({ ...record, state: 'complete' }));
      // UIDs are kept no longer than they are needed
      await rm(journalPath, { force: true });
    },
    async release() {
      await journal.value.close();
      await lock.value();
    },
  });
}

const text = (record: FolderRecord): string => `${JSON.stringify(record, null, 1)}\n`;

async function recordAt(path: string): Promise<FolderRecord | undefined> {
  const bytes = await ifThere(readFile(path, 'utf8'));
  return bytes === undefined ? undefined : (JSON.parse(bytes) as FolderRecord);
}

/** One process works in the folder; the lock of one that is gone is taken over. */
async function locked(path: string): Promise<Result<() => Promise<void>, StartRefusal>> {
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return ok(() => rm(path, { force: true }));
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const owner = Number(await ifThere(readFile(path, 'utf8')));
    if (owner > 0 && owner !== process.pid && isAlive(owner))
      return fail({ says: `another process (${owner}) harvests into this folder; if it does not, delete ${path}` });
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
