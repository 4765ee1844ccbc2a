export { startDaemon, type Daemon } from './daemon.js';
export { sourceSlice } from './fetch.js';
export { lesionViews, type LesionView } from './lesion-view.js';
export { sweepAll, workUntilIdle, type Swept } from './once.js';
export { segmentReport, sliceKey, type MeasurementResult } from './segment.js';
export type { WatchPlan } from './watch.js';
export type { Destination, Installation, Source, World } from './world.js';
