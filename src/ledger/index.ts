export type * from './answers.js';
export type { ChoiceRefusal } from './choosing.js';
export type { Ledger } from './ledger.js';
export type * from './values.js';
export type {
  Database,
  DatabaseOptions,
  DatabaseProblem,
  DatabaseProblemCode,
  DatabaseWorld,
  EmbeddedOptions,
} from './database/database-types.js';
export { announceHarvest, askers, LOOK_EVERY_MS, type Askers, type HarvestPresence } from './askers.js';
export { backupLines, restoreLines, type RestoreProblem, type RowCounts } from './backup.js';
export { isDatabaseAway } from './database/connection.js';
export { deleteState } from './database/delete-state.js';
export { openDatabase } from './database/open-database.js';
export { openLedger } from './open-ledger.js';
export { numberNamed, objectName, reportName } from './numbers.js';
export { openHarvests, type Harvests } from './harvests.js';
export { loadInPeriods } from './load-in-periods.js';
export { openLeadership } from './leadership.js';
export { openQueue } from './queue.js';
export type { Job, JobKind, Leadership, Queue, Worker } from './queue-types.js';
export {
  DELIVERY_TRANSITIONS,
  RUN_TRANSITIONS,
  type DeliveryState,
  type RunState,
  type WorkingRunState,
} from './transitions.js';
