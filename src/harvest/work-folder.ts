import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ifThere } from '../dataset/index.js';
import { fail, KERNEL_REVISION, ok, type Result } from '../domain/index.js';
import { writeDurably } from './durable-files.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { HarvestPlan } from './settings.js';

/** Why a harvest does not begin; for a person. */
export interface StartRefusal {
  readonly says: string;
}

/** What a run was begun with. */
export interface RunRecord {
  readonly out: string;
  readonly sources: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  /** The day of the beginning: the last StudyDate where none was named. */
  readonly until: string;
  readonly limit: number | null;
  readonly contextMm: number;
  readonly form: string;
  readonly dicom: string;
  readonly labels: string;
  readonly key: string;
  readonly kernelRevision: number;
  readonly software: string;
  readonly state: 'working' | 'complete';
}

export interface WorkFolder {
  readonly journal: string;
  readonly registry: string;
  readonly record: RunRecord;
  finished(): Promise<void>;
  release(): Promise<void>;
}

/** Opens or makes the folder in which one harvest into `plan.out` keeps its state, for this process alone. */
export async function openWorkFolder(
  plan: HarvestPlan,
  names: Pseudonyms,
  today: string,
): Promise<Result<WorkFolder | 'already-complete', StartRefusal>> {
  const out = resolve(plan.out);
  const root = join(plan.stateFolder, 'harvest');
  const folder = join(root, createHash('sha256').update(out).digest('hex').slice(0, 16));
  const recordPath = join(folder, 'run.json');
  const before = await recordAt(recordPath);
  const wanted = recordOf(plan, out, names, before?.until ?? today);
  const outIsEmpty = ((await ifThere(readdir(out))) ?? []).length === 0;

  if (before === undefined && !outIsEmpty)
    return fail({ says: `${out} is not empty and no harvest into it is known here: give a new folder` });
  if (before !== undefined && plan.start === 'new' && !outIsEmpty)
    return fail({
      says:
        before.state === 'complete'
          ? `${out} holds a finished harvest: give a new folder`
          : `${out} holds a harvest that was interrupted: --resume goes on with it, or give a new folder`,
    });
  const goesOn = before !== undefined && !outIsEmpty;
  if (goesOn) {
    const differs = (Object.keys(wanted) as (keyof RunRecord)[]).filter(
      (field) => field !== 'state' && JSON.stringify(before[field]) !== JSON.stringify(wanted[field]),
    );
    if (differs.length > 0)
      return fail({
        says: `${out} was begun with another ${differs.map((d) => FIELD_NAMES[d]).join(', ')}: give a new folder`,
      });
    if (before.state === 'complete') return ok('already-complete');
  }

  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await locked(join(folder, 'lock'));
  if (!lock.ok) return lock;
  const journal = join(folder, 'journal.jsonl');
  if (!goesOn) {
    await rm(journal, { force: true });
    await writeDurably(recordPath, text({ ...wanted, until: today }));
  }
  const record = { ...wanted, until: goesOn ? before.until : today };
  return ok({
    journal,
    registry: join(root, `patients-${names.fingerprint()}.json`),
    record,
    async finished() {
      await writeDurably(recordPath, text({ ...record, state: 'complete' }));
      // UIDs are kept no longer than they are needed
      await rm(journal, { force: true });
    },
    release: lock.value,
  });
}

const FIELD_NAMES: Readonly<Record<keyof RunRecord, string>> = {
  out: 'folder',
  sources: 'list of sources',
  from: 'first day (--from)',
  to: 'last day (--to)',
  until: 'last day',
  limit: '--limit',
  contextMm: '--context',
  form: 'form (--as)',
  dicom: '--dicom',
  labels: '--reviewed',
  key: 'pseudonym key',
  kernelRevision: 'revision of the kernels',
  software: 'version of caliper',
  state: 'state',
};

const text = (record: RunRecord): string => `${JSON.stringify(record, null, 1)}\n`;

const recordOf = (plan: HarvestPlan, out: string, names: Pseudonyms, until: string): RunRecord => ({
  out,
  sources: plan.sources.map((s) => s.name),
  from: plan.scope.from ?? null,
  to: plan.scope.to ?? null,
  until,
  limit: plan.scope.limit ?? null,
  contextMm: plan.scope.contextMm,
  form: plan.scope.form,
  dicom: plan.scope.dicom,
  labels: plan.scope.labels,
  key: names.fingerprint(),
  kernelRevision: KERNEL_REVISION,
  software: plan.softwareVersion,
  state: 'working',
});

async function recordAt(path: string): Promise<RunRecord | undefined> {
  const bytes = await ifThere(readFile(path, 'utf8'));
  return bytes === undefined ? undefined : (JSON.parse(bytes) as RunRecord);
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
