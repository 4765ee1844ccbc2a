import type { Cosegmentation, KernelPool } from '../compute/index.js';
import type { Archive } from '../dicomweb/index.js';
import type { EventLog, Rule } from '../domain/index.js';
import type { Ledger, RunDigests } from '../ledger/index.js';
import type { SegmentationType } from '../seg-writer/index.js';
import type { OtherCarrier } from '../sr-parser/index.js';
import type { Nearline } from './nearline.js';

/** An archive in the role of being read. */
export interface Source {
  readonly name: string;
  readonly archive: Archive;
  /** Where referenced images are looked for, in order. */
  readonly images: readonly Archive[];
  /** What is read besides structured reports. */
  readonly carriers: readonly OtherCarrier[];
  /** What is done with reports that are on slow media; images are as their archives are (`withoutRecall`). */
  readonly nearline: Nearline;
}

/** An archive in the role of being stored to. */
export interface Destination {
  readonly name: string;
  readonly archive: Archive;
  /** Share of the reports that are stored there, 0 to 1. */
  readonly canary: number;
  readonly confirm: 'read-back' | 'answer';
  readonly requireStudy: boolean;
  readonly storeFrom: 'first-live' | 'always' | Date;
  /** Form of the segmentations. */
  readonly segmentation: SegmentationType;
  /** Whether a result report follows them. */
  readonly resultReport: boolean;
  /** Whether contours of reports that no longer count are rejected there by a note. */
  readonly rejectionNotes: 'never' | 'allowed';
}

/** What we are, as written into objects. */
export interface Installation {
  readonly id: string;
  readonly softwareVersion: string;
}

/** Everything that the steps of a run need of the outside. Built once, at the command line, and passed down. */
export interface World {
  readonly sources: ReadonlyMap<string, Source>;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly rules: readonly Rule[];
  /** Whether lesions are segmented on their marked slice alone, or on all that they reach. */
  readonly extent: 'slice' | 'volume';
  readonly digests: RunDigests;
  readonly kernels: KernelPool;
  /** Undefined where no rule asks for one, or its bundle cannot be used. */
  readonly network: Cosegmentation | undefined;
  /** The network of a bundle by its name, for runs that ask for one; the configured one where none is named. Undefined where it cannot be used. */
  readonly networkOf: (bundle: string | undefined) => Promise<Cosegmentation | undefined>;
  readonly ledger: Ledger;
  readonly installation: Installation;
  readonly log: EventLog;
  /** The clock; milliseconds. */
  readonly now: () => number;
}
