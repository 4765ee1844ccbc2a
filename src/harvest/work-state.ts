import { KERNEL_REVISION } from '../domain/index.js';
import type { PatientRegistry } from './patients.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { HarvestPlan } from './settings.js';
import type { WorkBook } from './work-book.js';

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
}

/** Pictures that got other names for the finished set, below its folder. */
export type Moves = readonly (readonly [from: string, to: string])[];

/** What became of the set. */
export interface Ending {
  readonly rows: number;
  /** Windows and reports that may be had by asking once more. */
  readonly retryable: number;
}

/** Where a harvest keeps what lasts longer than its process and never leaves with the set. */
export interface WorkState {
  /** The last StudyDate where nobody named one. */
  readonly until: string;
  readonly book: WorkBook;
  readRegistry(): Promise<PatientRegistry>;
  writeRegistry(registry: PatientRegistry): Promise<void>;
  readMoves(): Promise<Moves | undefined>;
  writeMoves(moves: Moves): Promise<void>;
  forgetMoves(): Promise<void>;
  /** Asks to make the set: another process may do so now, or have done it. To be called when all work is done. */
  claimFinish(): Promise<'mine' | 'others' | Ending>;
  finished(ending: Ending): Promise<void>;
  release(): Promise<void>;
}

export const recordOf = (plan: HarvestPlan, out: string, names: Pseudonyms, until: string): RunRecord => ({
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
});

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
};

/** Why a harvest cannot go on with these settings; undefined where they are those of its beginning. */
export function otherSettings(before: RunRecord, wanted: RunRecord): StartRefusal | undefined {
  const differs = (Object.keys(wanted) as (keyof RunRecord)[]).filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(wanted[field]),
  );
  return differs.length === 0
    ? undefined
    : {
        says: `${wanted.out} was begun with another ${differs.map((d) => FIELD_NAMES[d]).join(', ')}: give a new folder`,
      };
}

export const unknownFolder = (out: string): StartRefusal => ({
  says: `${out} is not empty and no harvest into it is known here: give a new folder`,
});
