export type { NetworkState } from './readiness.js';
export { startMetrics, type Metrics } from './metrics.js';
export { startPage, type PageServer, type PageWorld } from './page-server.js';
