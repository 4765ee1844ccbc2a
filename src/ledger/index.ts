export type * from './ledger-types.js';
export type {
  Database,
  DatabaseOptions,
  DatabaseProblem,
  DatabaseProblemCode,
  DatabaseWorld,
} from './database/database-types.js';
export { openDatabase } from './database/open-database.js';
export { openLedger } from './open-ledger.js';
export { numberNamed, objectName, reportName } from './numbers.js';
export { openLeadership } from './leadership.js';
export { openQueue } from './queue.js';
export { JOB_KINDS, type Job, type JobKind, type Leadership, type Queue, type Worker } from './queue-types.js';
export {
  DELIVERY_TRANSITIONS,
  RUN_TRANSITIONS,
  type DeliveryState,
  type RunState,
  type WorkingRunState,
} from './transitions.js';
