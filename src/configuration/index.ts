export { readConfiguration } from './load.js';
export { problemText, type ConfigurationProblem } from './problems.js';
export type { Configuration, ConfiguredArchive } from './schema.js';
export { resolveSecret, type SecretSources } from './secrets.js';
export { rulesOf } from './views.js';
