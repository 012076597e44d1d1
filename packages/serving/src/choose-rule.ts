import {
  anything,
  checkOptions,
  InvalidArgumentError,
  nonNegativeInteger,
  type OnProgress,
  positiveInteger,
  Random,
  reject,
} from "@quaterion/core";
import { calibratedTemperature, type HeldOut, heldOutQuality } from "./calibration.js";
import { foldScores, grouped, rowsAt, stratifiedFolds } from "./reference-folds.js";
import { contentOf, type RuleTrial, type RuleTrials, trialKey } from "./rule-trials.js";
import { centroids } from "./rules/centroids.js";
import type { DecisionRule, RuleReferences, Scorer } from "./rules/decision-rule.js";
import { logistic } from "./rules/logistic.js";
import { logisticVote } from "./rules/logistic-vote.js";
import { nearest } from "./rules/nearest.js";
import { shrunkCentroids } from "./rules/shrunk-centroids.js";
import { vote } from "./rules/vote.js";

export interface ChooseRuleOptions {
  /** Rules to choose among; the six of this package if absent. */
  rules?: readonly DecisionRule[] | undefined;
  /**
   * The same references in other embeddings, on which rules are tried instead: of a model that was not trained on them. The chosen rule is fitted on
   * `references`.
   */
  tryOn?: RuleReferences | undefined;
  /** Parts that the references are split into; each is decided by the others. As many as references: leave one out. Default 5. */
  folds?: number | undefined;
  seed?: number | undefined;
  /** References looked at, at most, as many of each class as can be. Default 5000. */
  limit?: number | undefined;
  /** No further fold is tried once this many references were held out: the accuracy's standard error is 0.016 at most then. Default 1000. */
  heldOut?: number | undefined;
  /** Trials of earlier choices: what was tried on these very references is looked up, and what is tried is added. */
  trials?: RuleTrials | undefined;
  /** `[references]`: references of one group fall into one fold; those of group −1 are never held out. Default: each alone. */
  groups?: Int32Array | undefined;
  onProgress?: OnProgress | undefined;
}

/** How one rule did on held-out references. */
export interface RuleResult {
  readonly rule: DecisionRule;
  /** Share of held-out references that got their class, 0 to 1; NaN where none could be held out. */
  readonly accuracy: number;
  /** Mean log-probability of the right class, at `temperature`. */
  readonly logLikelihood: number;
  /** Makes the rule's scores probabilities. */
  readonly temperature: number;
}

/** The rule that was chosen, and why. */
export interface RuleChoice extends RuleResult {
  /** All rules tried, in the order they were given. */
  readonly table: readonly RuleResult[];
  /** The chosen rule, fitted on all references. */
  readonly scorer: Scorer;
}

/** The rules that a reference set chooses among. */
export function defaultRules(): DecisionRule[] {
  return [nearest(), vote(), centroids(), shrunkCentroids(), logisticVote(), logistic()];
}

/**
 * Chooses the decision rule that fits references best, on the references alone: each rule decides each fold by the other folds, all rules on
 * the same folds. Of the rules whose accuracy is within one standard error (of the paired difference) of the best, the likeliest wins; of those that
 * are as likely, within one standard error again, the last given. The default list ends with logistic regression.
 *
 * Where a model was trained on the references, its embeddings flatter rules that trust its clusters, and make every rule too sure (BANKING77, five examples a
 * class, a head on MiniLM: centroids 96.1 % and logistic regression 94.8 % on held-out references, calibration error 7.8 % on the test texts; tried on
 * MiniLM's own embeddings 73.5 % and 76.6 %, calibration error 1.9 %). `tryOn` is for that.
 * A reference that is alone in its class, or whose class lies in one fold, can't be right under any rule and is left out of the count.
 * @throws {InvalidArgumentError} without rules or references, or when an option is wrong
 * @throws {NonFiniteError} when a rule gives NaN as a score
 */
export function chooseRule(references: RuleReferences, options: ChooseRuleOptions = {}): RuleChoice {
  checkOptions("chooseRule", options, {
    rules: anything,
    tryOn: anything,
    folds: positiveInteger,
    seed: nonNegativeInteger,
    limit: positiveInteger,
    heldOut: positiveInteger,
    groups: anything,
    trials: anything,
    onProgress: anything,
  });
  for (const [given, argument] of [
    [references, "references"],
    [options.tryOn ?? references, "chooseRule.tryOn"],
  ] as const)
    if (!Array.isArray(given?.classes) && !ArrayBuffer.isView(given?.classes)) reject(argument, "references with `classes`", given);
  const { rules = defaultRules(), tryOn = references, folds = 5, seed = 1, limit = 5000, heldOut: enough = 1000, onProgress } = options;
  if (rules.length === 0) throw new InvalidArgumentError("`chooseRule.rules` must hold a rule or more; received none.");
  if (tryOn.classes.length !== references.classes.length)
    throw new InvalidArgumentError(
      `\`chooseRule.tryOn\` must hold the ${references.classes.length} references in the same order; received ${tryOn.classes.length}.`,
    );
  if (references.classes.length === 0) throw new InvalidArgumentError("`references` must hold a reference or more; received none.");
  const random = new Random(seed);
  const { sample, groups } = sampled(tryOn, limit, options.groups, random);
  const parts = stratifiedFolds(sample.classes, folds, random, groups);
  const phase = "choosing a decision rule";
  const content = contentOf(sample, parts, enough);
  const known = rules.map((rule) => options.trials?.get(trialKey(rule, content)));
  const untried = rules.filter((_, r) => known[r] === undefined);
  const scores = foldScores(untried, sample, parts, enough, (rule, done, total) =>
    onProgress?.({ phase, done, total, unit: "trials", note: rule.name }),
  );
  let next = 0;
  const tried = rules.map((rule, r) => ({ rule, ...(known[r] ?? trialOf(scores[next++]!)) }));
  for (const { rule, ...trial } of tried) options.trials?.set(trialKey(rule, content), trial);
  const chosen = best(tried);
  onProgress?.({ phase, done: 1, total: 1, unit: "trials", note: chosen.rule.name });
  const table = tried.map(({ rule, accuracy, logLikelihood, temperature }) => ({ rule, accuracy, logLikelihood, temperature }));
  return { ...table[tried.indexOf(chosen)]!, table, scorer: chosen.rule.fit(references) };
}

function trialOf(heldOut: HeldOut): RuleTrial {
  const temperature = calibratedTemperature(heldOut);
  const { logLikelihood, logs, right } = heldOutQuality(heldOut, temperature);
  const counted = heldOut.classes.filter((c) => c >= 0).length;
  const accuracy = counted === 0 ? Number.NaN : right.reduce((sum, one) => sum + one, 0) / counted;
  return { accuracy, logLikelihood, temperature, logs, right, counted };
}

function best<T extends RuleTrial>(tried: readonly T[]): T {
  let mostRight = tried[0]!;
  for (const one of tried) if (one.accuracy > mostRight.accuracy) mostRight = one;
  const asRight = tried.filter((one) => one === mostRight || withinError(mostRight.right, one.right, one.counted));
  let likeliest = mostRight;
  for (const one of asRight) if (one.logLikelihood > likeliest.logLikelihood) likeliest = one;
  return asRight.findLast((one) => one === likeliest || withinError(likeliest.logs, one.logs, one.counted))!;
}

/** Is the sum of paired differences a − b no more than its standard error? */
function withinError(a: ArrayLike<number>, b: ArrayLike<number>, counted: number): boolean {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference;
    squares += difference * difference;
  }
  return sum <= Math.sqrt(Math.max(0, squares - (sum * sum) / counted));
}

/** At most `limit` references: round after round, one of each class. */
function sampled(references: RuleReferences, limit: number, groups: Int32Array | undefined, random: Random) {
  const { vectors, dim, classes, classCount } = references;
  if (classes.length <= limit) return { sample: references, groups };
  const byClass = grouped(random.shuffle([...classes.keys()]), classes);
  const kept: number[] = [];
  for (let round = 0; kept.length < limit; round++) {
    for (const rows of byClass.values()) if (round < rows.length && kept.length < limit) kept.push(rows[round]!);
  }
  kept.sort((a, b) => a - b);
  const sample = { vectors: rowsAt(vectors, dim, kept), dim, classes: Int32Array.from(kept, (i) => classes[i]!), classCount };
  return { sample, groups: groups && Int32Array.from(kept, (i) => groups[i]!) };
}
