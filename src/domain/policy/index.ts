export { decide, decideBeforeSegmenting } from './decide.js';
export { chooseRule, type Rule, type RuleDecision, type RuleMatch, type TriedRule } from './rules.js';
