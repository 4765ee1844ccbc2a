import {
  asReadUid,
  type Measurement,
  type MeasurementKey,
  type ReadReport,
  type ReasonCode,
  type SopInstanceUid,
  type Uid,
} from '../domain/index.js';
import { sameLesions, supersededReports, type Observation } from '../sr-parser/index.js';
import { addDays } from './partitions.js';
import type { Entry, NoteEntry, PartitionEntry, ReadEntry, ReportEntry, RowEntry } from './entries.js';
import { StageCount, type Stage } from './funnel.js';
import { patientsAmong, type Patient, type PatientRegistry } from './patients.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { SetForm } from './settings.js';
import { nameOf } from './work-book.js';

/** A row with what the other rows decide. */
export interface AssembledRow {
  readonly row: RowEntry;
  readonly report: string;
  readonly read: ReadEntry;
  readonly patient: Patient;
  /** Pseudonym that all rows of the lesion share. */
  readonly lesion: string;
  readonly isKey: boolean;
  /** `YYYYMMDD`, moved with the patient's dates. */
  readonly shiftedDate: string | null;
}

export interface AssembledSet {
  /** By id. */
  readonly rows: readonly AssembledRow[];
  readonly stages: readonly Stage[];
  readonly partitions: {
    readonly listed: number;
    readonly failed: readonly { readonly window: string; readonly reason: string }[];
  };
  readonly withdrawn: readonly string[];
  readonly registry: PatientRegistry;
}

export interface Known {
  /** Every instance that was found, once, in the order of the calendar. */
  readonly found: readonly { readonly report: string; readonly lost: ReasonCode | undefined }[];
  readonly entries: readonly Entry[];
}

/** The set that follows from what the journal holds, whatever the order of its entries. */
export function assemble(
  known: Known,
  form: SetForm,
  names: Pseudonyms,
  before: PatientRegistry,
  withdrawn: readonly string[],
): AssembledSet {
  const reports = new Map<string, ReportEntry>();
  const notes = new Map<string, NoteEntry>();
  for (const entry of known.entries)
    if (entry.kind === 'report') reports.set(entry.report, entry);
    else if (entry.kind === 'note') notes.set(entry.report, entry);

  const selected = new StageCount('found', 'instances');
  const had = new StageCount('read', 'reports');
  const read: { report: string; entry: ReadEntry }[] = [];
  for (const { report, lost } of known.found) {
    if (lost) {
      selected.lost(lost);
      continue;
    }
    if (notes.has(report)) {
      selected.lost('not-a-report');
      continue;
    }
    selected.passed();
    const result = reports.get(report)?.result;
    if (!result) throw new Error('a report that was found was not accounted for');
    if (result.kind === 'lost') had.lost(result.reason);
    else {
      had.passed();
      read.push({ report, entry: result });
    }
  }

  const inForce = new StageCount('in force', 'reports');
  const counting: typeof read = [];
  const outOfForce = reportsOutOfForce(read, [...notes.values()]);
  for (const one of read) {
    const reason = outOfForce.get(one.report);
    if (reason) inForce.lost(reason);
    else {
      inForce.passed();
      counting.push(one);
    }
  }

  const rejectedImages = new Set([...notes.values()].flatMap((note) => note.rejects.map((r) => r.image)));
  const segmented = new StageCount('labelled', 'measurements');
  const labelled: { report: string; read: ReadEntry; row: RowEntry }[] = [];
  for (const { report, entry } of counting)
    for (const { result } of entry.measurements) {
      const reason = reasonOf(result, rejectedImages, form);
      if (reason) segmented.lost(reason);
      else if (result.kind === 'row') {
        segmented.passed();
        labelled.push({ report, read: entry, row: result });
      }
    }

  const patients = patientsAmong(
    labelled.map(({ row }) => row.identity),
    before,
    names,
    withdrawn,
  );
  const admitted = new StageCount('admitted', 'rows');
  const kept: ((typeof labelled)[number] & { patient: Patient })[] = [];
  for (const one of labelled) {
    const patient = patients.patientOf(one.row.identity);
    if (patient.isWithdrawn) admitted.lost('patient-withdrawn');
    else {
      admitted.passed();
      kept.push({ ...one, patient });
    }
  }
  return {
    rows: withLesions(kept, names),
    stages: [selected, had, inForce, segmented, admitted].map((stage) => stage.result()),
    partitions: partitionsOf(known.entries),
    withdrawn: patients.withdrawn,
    registry: patients.registry,
  };
}

function reasonOf(
  result: ReadEntry['measurements'][number]['result'],
  rejectedImages: ReadonlySet<string>,
  form: SetForm,
): ReasonCode | undefined {
  if (result.kind === 'lost') return result.reason;
  if (rejectedImages.has(result.image.image)) return 'rejected-by-note';
  // DeepLesion knows no row with one axis
  return form === 'deeplesion' && result.shortAxis === null ? 'lines-unpaired' : undefined;
}

/** Reports that a newer or an equal one, or a rejection note, puts out of force. */
function reportsOutOfForce(
  read: readonly { readonly report: string; readonly entry: ReadEntry }[],
  notes: readonly NoteEntry[],
): ReadonlyMap<string, ReasonCode> {
  const rejected = new Set(notes.flatMap((note) => note.rejects.map((r) => r.report)));
  const out = new Map<string, ReasonCode>();
  const standing = read.filter(({ report }) => {
    if (rejected.has(report)) out.set(report, 'rejected-by-note');
    return !rejected.has(report);
  });
  const twins = standing.map(({ report, entry }) => twinOf(report, entry));
  for (const [twin, { reason }] of supersededReports(twins)) out.set(twin.sopInstanceUID!, reason);
  return out;
}

/** The report with pseudonyms in place of all that names something: enough for what decides which of several counts. */
const twinOf = (report: string, entry: ReadEntry): ReadReport => ({
  kind: entry.reportKind,
  sopClassUID: undefined,
  sopInstanceUID: asReadUid<SopInstanceUid>(report),
  seriesInstanceUID: undefined,
  studyInstanceUID: undefined,
  seriesNumber: undefined,
  patientID: undefined,
  contentDateTime: entry.contentDateTime ?? undefined,
  observer: undefined,
  predecessors: entry.predecessors.map((p) => asReadUid<SopInstanceUid>(p)),
  identicalDocuments: entry.identical.map((p) => asReadUid<SopInstanceUid>(p)),
  measurements: [twinMeasurement(entry.content, undefined)],
  skipped: [],
  findings:
    entry.isUnfinished === 'no'
      ? []
      : [{ code: entry.isUnfinished === 'partial' ? 'report.partial' : 'report.preliminary' }],
  evidence: [],
});

const twinMeasurement = (trackingUID: string | null, trackingIdentifier: string | undefined): Measurement => ({
  key: '1' as MeasurementKey,
  trackingUID: trackingUID === null ? undefined : asReadUid<Uid>(trackingUID),
  trackingIdentifier,
  longAxis: undefined,
  shortAxis: undefined,
  image: undefined,
  finding: undefined,
  findingSite: undefined,
  laterality: undefined,
  lesionRole: undefined,
  timePoint: undefined,
  shape: '',
  findings: [],
});

function withLesions(
  kept: readonly { report: string; read: ReadEntry; row: RowEntry; patient: Patient }[],
  names: Pseudonyms,
): readonly AssembledRow[] {
  const sorted = [...kept].sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
  const observations = sorted.map(({ row: { identity }, patient }): Observation => {
    const named = twinMeasurement(
      identity.lesionUid,
      // a tool's name was dropped when the identifier was read; what is left names a lesion
      identity.lesionName === null ? undefined : `lesion ${identity.lesionName}`,
    );
    const report = { ...twinOf(patient.pseudonym, EMPTY), patientID: patient.pseudonym, observer: identity.observer };
    return {
      report,
      measurement:
        identity.moment === null
          ? named
          : {
              ...named,
              timePoint: { label: undefined, order: undefined, identifier: identity.moment, type: undefined },
            },
      studyDate: undefined,
      longAxisMm: undefined,
      shortAxisMm: undefined,
    };
  });
  const places = new Map(observations.map((observation, i) => [observation, i]));
  const lesionOf = new Map<number, string>();
  const lesions = sameLesions(observations).map((lesion) => lesion.observations.map((o) => places.get(o)!));
  const bearing = new Map<string, number>();
  const nameOf = (members: readonly number[]): string | undefined => {
    const { row, patient } = sorted[members[0]!]!;
    return row.identity.lesionName === null ? undefined : `${patient.pseudonym}\n${row.identity.lesionName}`;
  };
  for (const members of lesions) {
    const name = nameOf(members);
    if (name !== undefined) bearing.set(name, (bearing.get(name) ?? 0) + 1);
  }
  for (const members of lesions) {
    const { row, patient } = sorted[members[0]!]!;
    // by what would tie further rows to it, so that the pseudonym lasts when they come
    const name = nameOf(members);
    const lasting =
      name !== undefined && bearing.get(name) === 1
        ? name
        : `${patient.pseudonym}\n${row.identity.lesionUid ?? row.id}`;
    for (const member of members) lesionOf.set(member, names.of('lesion', lasting));
  }
  const longest = new Map<string, number>();
  sorted.forEach(({ row }, i) => {
    const group = `${lesionOf.get(i)!} ${row.image.study}`;
    const best = longest.get(group);
    if (best === undefined || row.longAxisMm > sorted[best]!.row.longAxisMm) longest.set(group, i);
  });
  return sorted.map(({ report, read, row, patient }, i) => ({
    row,
    report,
    read,
    patient,
    lesion: lesionOf.get(i)!,
    isKey: longest.get(`${lesionOf.get(i)!} ${row.image.study}`) === i,
    shiftedDate: row.studyDate === null ? null : addDays(row.studyDate, -patient.shiftDays),
  }));
}

const EMPTY: ReadEntry = {
  kind: 'read',
  source: '',
  reportKind: 'tid1500',
  predecessors: [],
  identical: [],
  contentDateTime: null,
  isUnfinished: 'no',
  content: '',
  measurements: [],
};

function partitionsOf(entries: readonly Entry[]): AssembledSet['partitions'] {
  const last = new Map<string, PartitionEntry>();
  for (const entry of entries) if (entry.kind === 'partition') last.set(nameOf(entry), entry);
  const failed: { window: string; reason: string }[] = [];
  let listed = 0;
  for (const { source, partition, result } of last.values()) {
    if (result.kind === 'listed') listed++;
    if (result.kind === 'failed')
      failed.push({ window: `${source} ${partition.from}-${partition.to}`, reason: result.reason });
  }
  return { listed, failed: failed.sort((a, b) => (a.window < b.window ? -1 : 1)) };
}
