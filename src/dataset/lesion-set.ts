import type { LesionRow } from './lesion-row.js';
import type { RowProblem } from './problems.js';

/** Where the rows of one source come from and what may be done with them, as the set's dataset.json says it. */
export interface SourceNote {
  readonly name: string;
  readonly dataset: string | undefined;
  readonly licence: string | undefined;
  readonly commercial: boolean | undefined;
  readonly citation: string | undefined;
}

/** A data set as read: its rows and, in the same value, those that could not be. */
export interface LesionSet {
  readonly folder: string;
  readonly format: 'caliper-lesions/1' | 'deeplesion';
  readonly name: string;
  readonly version: string | undefined;
  readonly sources: readonly SourceNote[];
  readonly rows: readonly LesionRow[];
  /** Name of the table, for messages. */
  readonly table: 'lesions.csv' | 'DL_info.csv';
  readonly refused: readonly RowProblem[];
  /** Ids of rows that have an expert mask. */
  readonly masks: ReadonlySet<string>;
}

/** Why a folder is no data set that can be read. */
export interface LesionSetProblem {
  readonly file: string;
  readonly line: number | undefined;
  readonly says: string;
}
