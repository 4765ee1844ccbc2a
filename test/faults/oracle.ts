import { createHash } from 'node:crypto';
import dcmjs from 'dcmjs';
import { asReadUid } from '../../src/domain/index.js';
import { openDatabase, openLedger } from '../../src/ledger/index.js';
import type { ReportFiles } from './many-reports.js';

/** What the archive and the ledger hold when it is over, compared with what went in. */
export interface Verdict {
  readonly reports: number;
  /** Reports that the ledger never saw. */
  readonly lost: readonly string[];
  /** Measurements by outcome (and reason) over all reports. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Reports that no object in the archive refers to. */
  readonly withoutObject: readonly string[];
  /** Reports that more than one object, or objects in more than one series, refer to. */
  readonly duplicated: readonly string[];
  /** Objects whose bytes in the archive are not those that the ledger says were sent, or that the ledger does not know as stored. */
  readonly foreign: readonly string[];
  /** Objects that say they are of a report but lie in the study or patient of another. */
  readonly misplaced: readonly string[];
}

interface Told {
  readonly sop: string;
  readonly series: string;
  readonly study: string;
  readonly patient: string;
  readonly refersTo: readonly string[];
  readonly sha256: string;
}

export async function judge(given: {
  readonly stateFolder: string;
  readonly expected: readonly ReportFiles[];
  readonly files: () => Promise<readonly Uint8Array[]>;
}): Promise<Verdict> {
  const segs = (await given.files()).map(tellSegmentation).filter((s): s is Told => s !== undefined);
  const database = await openDatabase(
    { kind: 'embedded', folder: given.stateFolder, as: 'guest' },
    { broken: () => undefined, lost: () => undefined },
  );
  if (!database.ok) throw new Error(database.error.says);
  try {
    const opened = await openLedger(database.value);
    if (!opened.ok) throw new Error(opened.error.says);
    const ledger = opened.value;
    const lost: string[] = [];
    const outcomes: Record<string, number> = {};
    const withoutObject: string[] = [];
    const duplicated: string[] = [];
    const foreign: string[] = [];
    const misplaced: string[] = [];
    const known = new Map<string, string>();
    for (const { reportUID, studyUID } of given.expected) {
      const number = await ledger.findUid(asReadUid(reportUID));
      const story = number === undefined ? undefined : await ledger.reportByNumber(number);
      if (!story) lost.push(reportUID);
      for (const m of story?.runs[0]?.measurements ?? []) {
        const key = `${m.outcome ?? 'pending'}${m.reason ? `: ${m.reason}` : ''}`;
        outcomes[key] = (outcomes[key] ?? 0) + 1;
      }
      if (story && (story.runs[0]?.measurements.length ?? 0) === 0) {
        const key = `report ${story.runs[0]?.state ?? 'seen'}: ${story.runs[0]?.reason ?? ''}`;
        outcomes[key] = (outcomes[key] ?? 0) + 1;
      }
      for (const run of story?.runs ?? [])
        for (const object of run.objects) known.set(object.sopInstanceUID, object.digest);
      const own = segs.filter((s) => s.refersTo.includes(reportUID));
      if (own.length === 0) withoutObject.push(reportUID);
      if (new Set(own.map((s) => s.series)).size > 1 || own.length > 1) duplicated.push(reportUID);
      if (own.some((s) => s.study !== studyUID || !studyUID.includes(s.patient.slice(1)))) misplaced.push(reportUID);
    }
    for (const seg of segs) if (known.get(seg.sop) !== seg.sha256) foreign.push(seg.sop);
    return { reports: given.expected.length, lost, outcomes, withoutObject, duplicated, foreign, misplaced };
  } finally {
    await database.value.close();
  }
}

/** What a SEG says of itself, read by dcmjs; undefined for other objects. */
function tellSegmentation(bytes: Uint8Array): Told | undefined {
  const { dict } = dcmjs.data.DicomMessage.readFile(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
  const set = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict);
  if (set['Modality'] !== 'SEG') return undefined;
  return {
    sop: String(set['SOPInstanceUID']),
    series: String(set['SeriesInstanceUID']),
    study: String(set['StudyInstanceUID']),
    patient: String(set['PatientID']),
    refersTo: [...JSON.stringify(set).matchAll(/"ReferencedSOPInstanceUID":"([\d.]+)"/g)].map((m) => m[1]!),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}
