import type { CodedConcept } from '../code.js';
import type { MethodName } from '../flow.js';
import type { Measurement } from '../measurement.js';

/** What a rule asks of a measurement. Absent matchers match everything; text is compared case-folded. */
export interface RuleMatch {
  /** Words or code values of the finding; one of them must fit. */
  readonly finding?: readonly string[];
  /** Words or code values of the finding site; one of them must fit. */
  readonly findingSite?: readonly string[];
}

export interface Rule {
  readonly name: string;
  readonly match: RuleMatch;
  readonly method: MethodName;
  /** When the network cannot run: wait for it, take the seed mask and say so, or hold. Another method than the validated one is a clinical change. */
  readonly onInferenceFailure: 'wait' | 'seed' | 'hold';
  /** Names of the destinations. */
  readonly storeTo: readonly string[];
  /** `auto` takes the calibrated threshold; a number overrides it; 0 holds nothing. */
  readonly holdBelowAgreement: 'auto' | number;
  readonly allowNonAxial: boolean;
}

export type RuleDecision =
  | { readonly kind: 'chosen'; readonly rule: Rule; readonly tried: readonly TriedRule[] }
  | { readonly kind: 'none'; readonly tried: readonly TriedRule[] };

export interface TriedRule {
  readonly rule: string;
  readonly missed: readonly (keyof RuleMatch)[];
}

/** The first rule that fits. Every rule is asked, so that every miss can be shown. */
export function chooseRule(measurement: Measurement, rules: readonly Rule[]): RuleDecision {
  const tried = rules.map((rule) => ({ rule: rule.name, missed: misses(rule.match, measurement) }));
  const rule = rules.find((_, i) => tried[i]!.missed.length === 0);
  return rule ? { kind: 'chosen', rule, tried } : { kind: 'none', tried };
}

function misses(match: RuleMatch, measurement: Measurement): (keyof RuleMatch)[] {
  const missed: (keyof RuleMatch)[] = [];
  if (match.finding && !fits(match.finding, measurement.finding)) missed.push('finding');
  if (match.findingSite && !fits(match.findingSite, measurement.findingSite)) missed.push('findingSite');
  return missed;
}

function fits(wanted: readonly string[], concept: CodedConcept | undefined): boolean {
  if (!concept) return false;
  const meaning = concept.meaning.toLowerCase();
  return wanted.some((word) => word === concept.value || meaning.includes(word.toLowerCase()));
}
