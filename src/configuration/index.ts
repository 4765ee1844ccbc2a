export { configurationChanges, effectiveSettings, printedConfiguration, type SettingChange } from './effective.js';
export { exampleConfiguration } from './example.js';
export { readConfiguration } from './load.js';
export { problemText, type ConfigurationProblem } from './problems.js';
export { isLoopback, NAME, type Configuration, type ConfiguredArchive } from './schema.js';
export { resolveSecret, type SecretSources } from './secrets.js';
export { settingsSchema } from './settings-tree.js';
export { rulesOf } from './views.js';
