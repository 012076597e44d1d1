export * from "./answer.js";
export { type ChooseRuleOptions, chooseRule, defaultRules, type RuleChoice, type RuleResult } from "./choose-rule.js";
export type { HeldOutReport } from "./held-out-calibration.js";
export type { ReferenceItem } from "./labeled-items.js";
export type { Reference, ReferenceChange } from "./reference-list.js";
export { ReferenceSet } from "./reference-set.js";
export type {
  AddOptions,
  CalibrateOptions,
  ClassifyOptions,
  ExplainOptions,
  LoadReferencesOptions,
  ReferenceSetOptions,
  RuleOptions,
} from "./reference-set-options.js";
export type { RuleReport } from "./rule-report.js";
export type { RuleTrial, RuleTrials } from "./rule-trials.js";
export { centroids } from "./rules/centroids.js";
export type { Contributions, DecisionRule, FitOptions, RuleReferences, Scorer } from "./rules/decision-rule.js";
export { type LogisticOptions, logistic } from "./rules/logistic.js";
export { type LogisticVoteOptions, logisticVote } from "./rules/logistic-vote.js";
export { nearest } from "./rules/nearest.js";
export { type ShrunkCentroidsOptions, shrunkCentroids } from "./rules/shrunk-centroids.js";
export { type VoteOptions, vote } from "./rules/vote.js";
