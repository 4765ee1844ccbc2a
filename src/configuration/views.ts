import type { Rule } from '../domain/index.js';
import type { Configuration } from './schema.js';

/** The rules as policy knows them; a rule without a name is called by its place. */
export const rulesOf = (configuration: Configuration): readonly Rule[] =>
  configuration.rules.map((rule, i) => ({
    name: rule.name ?? `rule-${i + 1}`,
    match: {
      ...(rule.match.finding ? { finding: rule.match.finding } : {}),
      ...(rule.match.findingSite ? { findingSite: rule.match.findingSite } : {}),
    },
    method: rule.method,
    onInferenceFailure: rule.onInferenceFailure,
    storeTo: rule.store.to,
    holdBelowAgreement: rule.store.holdBelowAgreement,
    allowNonAxial: rule.allowNonAxial,
  }));
