/**
 * Every log event: its level and the fields it may carry. A field that is not in the row does not compile, and is dropped at run time; values
 * are numbers of the ledger, names from the configuration, codes and counts: never text or identifiers from a DICOM object.
 */
export type FieldKind =
  'ledger-number' | 'name' | 'code' | 'codes' | 'count' | 'ms' | 'time' | 'address' | 'version' | 'stack';

export interface EventRow {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly says: string;
  readonly fields: Readonly<Record<string, FieldKind>>;
}

export const EVENTS = {
  'daemon.started': {
    level: 'info',
    says: 'The daemon is ready.',
    fields: { version: 'version', page: 'address', took: 'ms' },
  },
  'daemon.stopping': {
    level: 'info',
    says: 'The daemon was asked to stop and finishes what it holds.',
    fields: { signal: 'code' },
  },
  'daemon.stopped': { level: 'info', says: 'The daemon has stopped.', fields: {} },
  'configuration.reloaded': {
    level: 'info',
    says: 'The daemon was asked to read its configuration again, and works by the new one.',
    fields: {},
  },
  'configuration.refused': {
    level: 'error',
    says: 'A changed configuration is not good: the last good one stays at work. /healthz and `caliper check` say what is wrong.',
    fields: { problems: 'count', line: 'count', setting: 'code' },
  },
  'issuer.failing': {
    level: 'warn',
    says: 'The OpenID Connect issuer of page.oidc does not answer as it should: nobody new comes in by it until it does.',
    fields: { error: 'code' },
  },
  'issuer.answers': { level: 'info', says: 'The OpenID Connect issuer answers again.', fields: {} },
  'sign-in.refused': {
    level: 'warn',
    says: 'Somebody came back from the issuer and was not let in.',
    fields: { reason: 'code' },
  },
  'audit.failing': {
    level: 'error',
    says: 'The audit trail cannot be written, or its repository does not take it.',
    fields: { error: 'code' },
  },
  'database.ready': {
    level: 'info',
    says: 'The database answers.',
    fields: { kind: 'code', how: 'code', took: 'ms' },
  },
  'database.failing': {
    level: 'warn',
    says: 'A connection to the database broke; work goes on when it answers again.',
    fields: { error: 'code' },
  },
  'disk.low': {
    level: 'error',
    says: 'The disk of the ledger is nearly full: nothing new is looked for, what is known is worked off. Free space; it goes on by itself.',
    fields: {},
  },
  'disk.has-room': { level: 'info', says: 'There is room again: sources are searched as before.', fields: {} },
  'queue.failing': {
    level: 'warn',
    says: 'A job ended unexpectedly; what it was for stands in the ledger and is tried again.',
    fields: { error: 'code' },
  },
  'worker.crashed': {
    level: 'warn',
    says: 'A kernel worker ended in the middle of a task; it was replaced and the task is tried again.',
    fields: { error: 'code' },
  },
  'model.ready': {
    level: 'info',
    says: 'The network is loaded and answers.',
    fields: { bundle: 'name', provider: 'code', version: 'version' },
  },
  'model.failing': {
    level: 'warn',
    says: 'The network does not run; rules that ask for it do what their onInferenceFailure says, and it is started again by itself.',
    fields: { bundle: 'name', reason: 'code' },
  },
  'model.unusable': {
    level: 'error',
    says: 'The bundle is missing, damaged or foreign: rules that ask for it wait until it is replaced and the daemon restarted.',
    fields: { bundle: 'name', reason: 'code' },
  },
  'sweep.done': {
    level: 'info',
    says: 'A search layer of a source showed something new.',
    fields: {
      source: 'name',
      layer: 'code',
      series: 'count',
      instances: 'count',
      found: 'count',
      requests: 'count',
      took: 'ms',
    },
  },
  'sweep.overwritten': {
    level: 'info',
    says: 'A source shows reports made at another time than before under the same UID: they are read again.',
    fields: { source: 'name', reports: 'count' },
  },
  'sweep.quiet': {
    level: 'debug',
    says: 'A search layer of a source showed nothing new.',
    fields: { source: 'name', layer: 'code', requests: 'count', took: 'ms' },
  },
  'sweep.failed': {
    level: 'warn',
    says: 'A search layer did not finish; it is repeated.',
    fields: { source: 'name', layer: 'code', reason: 'code' },
  },
  'report.found': {
    level: 'debug',
    says: 'A report was seen for the first time.',
    fields: { report: 'ledger-number', source: 'name' },
  },
  'report.read': {
    level: 'info',
    says: 'A report was read.',
    fields: {
      report: 'ledger-number',
      kind: 'code',
      measurements: 'count',
      skipped: 'count',
      findings: 'codes',
      took: 'ms',
    },
  },
  'report.done': {
    level: 'info',
    says: 'Every measurement of a report has an outcome.',
    fields: { report: 'ledger-number', outcomes: 'codes', took: 'ms' },
  },
  'report.waiting': {
    level: 'info',
    says: 'A report waits and is tried again.',
    fields: { report: 'ledger-number', reason: 'code', next: 'time', attempt: 'count' },
  },
  'report.refused': {
    level: 'info',
    says: 'A report ends without contours.',
    fields: { report: 'ledger-number', reason: 'code' },
  },
  'report.failed': {
    level: 'error',
    says: 'Work on a report ended unexpectedly; it is tried again.',
    fields: { report: 'ledger-number', reason: 'code', error: 'code', stack: 'stack', attempt: 'count' },
  },
  'report.outdated': {
    level: 'info',
    says: 'A report no longer counts: a newer one replaces it, or a note rejects it. What is stored for it stays.',
    fields: { report: 'ledger-number', reason: 'code', objects: 'count' },
  },
  'report.left-behind': {
    level: 'info',
    says: 'What is stored for a report that no longer counts is looked after, where rejection notes are allowed.',
    fields: { report: 'ledger-number', reason: 'code' },
  },
  'note.read': {
    level: 'info',
    says: 'A rejection note was read.',
    fields: { archive: 'name', rejects: 'count' },
  },
  'object.stored': {
    level: 'info',
    says: 'A segmentation, a result report or a rejection note is stored and was read back.',
    fields: { object: 'ledger-number', destination: 'name', kind: 'code', segments: 'count', took: 'ms' },
  },
  'object.held': {
    level: 'warn',
    says: 'A segmentation is not delivered and needs a person.',
    fields: { object: 'ledger-number', destination: 'name', reason: 'code' },
  },
  'object.not-written': {
    level: 'warn',
    says: 'A result report or a rejection note could not be written; segmentations are stored without it.',
    fields: { destination: 'name', kind: 'code', reason: 'code' },
  },
  'object.waiting': {
    level: 'info',
    says: 'A delivery waits and is tried again.',
    fields: { object: 'ledger-number', destination: 'name', reason: 'code', next: 'time', attempt: 'count' },
  },
  'archive.left-alone': {
    level: 'warn',
    says: 'An archive is away or does not let us in: it is asked once a minute (refused: every five) until it answers; nothing is lost.',
    fields: { archive: 'name', reason: 'code' },
  },
  'archive.answers-again': {
    level: 'info',
    says: 'An archive that was left alone answers: what waited for it goes on, the oldest first.',
    fields: { archive: 'name', waited: 'count' },
  },
  'archive.failing': {
    level: 'warn',
    says: 'An archive does not do what it is asked.',
    fields: { archive: 'name', reason: 'code', status: 'count' },
  },
  'page.failed': {
    level: 'error',
    says: 'A page could not be made.',
    fields: { route: 'code', error: 'code', stack: 'stack' },
  },
} as const satisfies Record<string, EventRow>;

export type EventName = keyof typeof EVENTS;

type ValueOf<K extends FieldKind> = K extends 'count' | 'ms' ? number : K extends 'codes' ? readonly string[] : string;

export type EventFields<N extends EventName> = {
  readonly [F in keyof (typeof EVENTS)[N]['fields']]?: (typeof EVENTS)[N]['fields'][F] extends FieldKind
    ? ValueOf<(typeof EVENTS)[N]['fields'][F]>
    : never;
};

/** The only way anything is logged. */
export interface EventLog {
  event<N extends EventName>(name: N, fields: EventFields<N>): void;
}
