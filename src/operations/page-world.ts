import type { EventLog, HuSlice, OutcomeKind, ReasonCode, Result } from '../domain/index.js';
import type { Ledger, ReplaySelection, ReportNumber, ReportStory } from '../ledger/index.js';
import type { LesionView, ReportReference } from '../pipeline/index.js';
import type { AccessSettings } from './access/access-settings.js';
import type { Sessions } from './access/sessions.js';
import type { AuditRecord } from './audit/audit-message.js';
import type { Metrics } from './metrics.js';
import type { Observations } from './observations.js';
import type { NetworkState } from './readiness.js';

/** What the daemon does with a changed configuration file. */
export interface ConfigurationState {
  readonly loaded: Date;
  /** The last file that was offered and not taken; undefined once a good one was. */
  readonly refused: { readonly at: Date; readonly says: readonly string[] } | undefined;
}

/** Everything that the page and the API need of the outside. */
export interface PageWorld {
  readonly ledger: Ledger;
  readonly log: EventLog;
  readonly metrics: Metrics;
  readonly observations: Observations;
  /** The clock; milliseconds. */
  readonly now: () => number;
  /** Where the network runs at this moment. */
  readonly network: () => NetworkState;
  readonly configuration: () => ConfigurationState;
  readonly softwareVersion: string;
  readonly access: AccessSettings;
  /** Who is signed in, where that outlives this page; undefined: nobody yet. */
  readonly sessions?: Sessions | undefined;
  readonly audit: (record: AuditRecord) => void;
  /** Address template of the site's viewer. */
  readonly viewer: string | undefined;
  /** Fetches what a report's measurements look like, by measurement key. */
  readonly lesionViews: (story: ReportStory) => Promise<ReadonlyMap<string, Result<LesionView, ReasonCode>>>;
  /** A slice beside a marked one. */
  readonly neighbour: (view: LesionView, step: number, story: ReportStory) => Promise<Result<HuSlice, ReasonCode>>;
  /** Works reports again, as they are configured now. */
  readonly replay: (selection: ReplaySelection, by: string) => Promise<readonly ReportNumber[]>;
  /** Looks up what somebody named; `unknown-source` where no such source is watched. */
  readonly lookUp: (
    source: string,
    references: readonly ReportReference[],
  ) => Promise<Result<{ readonly found: number; readonly new: number }, ReasonCode | 'unknown-source'>>;
}

export const OUTCOMES_SHOWN: readonly (OutcomeKind | 'pending')[] = [
  'stored',
  'already-stored',
  'stored-unconfirmed',
  'would-store',
  'held',
  'skipped',
  'failed',
  'pending',
];
