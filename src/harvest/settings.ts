import type { KernelPool } from '../compute/index.js';
import type { Archive, DicomDate } from '../dicomweb/index.js';
import type { Harvests, Ledger } from '../ledger/index.js';
import type { Ms, ReasonCode } from '../domain/index.js';
import type { Nearline } from '../pipeline/index.js';
import type { OtherCarrier } from '../sr-parser/index.js';

/** An archive that is harvested. */
export interface HarvestSource {
  readonly name: string;
  readonly archive: Archive;
  /** Where referenced images are looked for, in order. */
  readonly images: readonly Archive[];
  readonly carriers: readonly OtherCarrier[];
  /** What is done with reports and images that are on slow media. */
  readonly nearline: Nearline;
  readonly timeZone: string;
  /** Local time in which a harvest asks for nothing. */
  readonly quietHours: { readonly fromMinute: number; readonly toMinute: number } | undefined;
}

/** What may be said of the set in its papers; everything comes from the configuration. */
export interface SetDescription {
  readonly name: string;
  readonly version: string;
  readonly purpose: string | undefined;
  readonly licence: string | undefined;
  readonly approval: string | undefined;
  readonly citation: string | undefined;
  readonly contact: string | undefined;
  readonly commercial: boolean | undefined;
}

export type SetForm = 'caliper-lesions' | 'deeplesion';

/** Whether slices and measurements are written as DICOM too. */
export type DicomCopy = 'without' | 'beside';

/** `reviewed`: only measurements for which a person chose a contour, which becomes the expert's mask. */
export type Labels = 'weak' | 'reviewed';

/** What decides the content of the set: a run is resumed only with the same. */
export interface HarvestScope {
  /** First and last StudyDate; undefined where nobody named it. */
  readonly from: DicomDate | undefined;
  readonly to: DicomDate | undefined;
  readonly limit: number | undefined;
  /** How far beyond the marked slice slices are taken, in millimetres; 0 for none. */
  readonly contextMm: number;
  readonly form: SetForm;
  readonly dicom: DicomCopy;
  readonly labels: Labels;
}

/** Several processes work on one harvest. */
export interface SharedWork {
  readonly harvests: Harvests;
  /** How long a process that says nothing keeps what it has at hand. */
  readonly leaseMs: Ms;
}

export interface HarvestPlan {
  readonly sources: readonly HarvestSource[];
  readonly scope: HarvestScope;
  /** The new folder that becomes the set. */
  readonly out: string;
  /** Where a harvest keeps what is not to leave: what it found, whom it met; never part of the set. */
  readonly stateFolder: string;
  readonly key: string;
  /** With `shared`, processes that are given the same `out` begin, join or take up one harvest. */
  readonly start: 'new' | 'resume' | { readonly shared: SharedWork };
  /** Where people's decisions are, and by their names the archives that hold what was chosen; undefined for weak labels. */
  readonly reviews: { readonly ledger: Ledger; readonly archives: ReadonlyMap<string, Archive> } | undefined;
  /** Reports at hand at a time. */
  readonly parallel: number;
  /** What an archive may be asked for, by its name, when nobody else asks. */
  readonly terms: (archive: string) => Terms;
  /** How long an archive that does not answer is waited for before the harvest stops, in ms. */
  readonly patienceMs: number;
  /** Identifiers of patients who withdrew: a PatientID, `PatientID|issuer`, or a pseudonym of an earlier set. */
  readonly withdrawn: readonly string[];
  readonly description: SetDescription;
  readonly softwareVersion: string;
}

/** What an archive may be asked for. */
export interface Terms {
  readonly requestsPerSecond: number;
  readonly megabytesPerSecond: number;
}

export interface HarvestWorld {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly kernels: KernelPool;
  /** How much of what an archive may be asked for is this process's now, above 0 and at most 1. */
  readonly share: () => number;
  /** Whether somebody asked for an end. */
  readonly stopped: () => boolean;
  readonly tell: (progress: HarvestProgress) => void;
}

/** How far a harvest has come. */
export interface HarvestProgress {
  readonly partitions: number;
  readonly partitionsDone: number;
  /** Reports found so far, and of them those accounted for. */
  readonly reports: number;
  readonly reportsDone: number;
  /** Of those done, how many this process did. */
  readonly reportsDoneHere: number;
  readonly measurements: number;
  readonly rows: number;
  readonly lost: number;
  readonly requests: number;
  readonly bytes: number;
  /** Waits for: an archive that does not answer, the end of its quiet hours. */
  readonly waiting: ReasonCode | 'quiet-hours' | undefined;
}
