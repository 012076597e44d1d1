import { AbortedError, type RelationDeclarations, spaceOf } from "@quaterion/core";
import { defaultRules } from "./choose-rule.js";
import { Decider } from "./decider.js";
import type { Reference } from "./reference-list.js";
import type { RuleOptions } from "./reference-set-options.js";
import { logisticVote } from "./rules/logistic-vote.js";
import type { Untrained } from "./untrained-vectors.js";

/** No trial is honest where the encoder was trained on the references. This rule did best on training texts of three intent sets that no run had seen. */
const rulesAfterTraining = () => [logisticVote()];

/**
 * A decider for each label space of the references, in order, and where there are several, one more for all; each with its rule chosen.
 * @param encoderTrained whether the encoder was trained on them, so that its neighbours can be trusted more than any trial on other embeddings says
 * @param untrained what rules are tried on, where it is not the references' own vectors
 * @throws {AbortedError} when stopped
 */
export async function chosenDeciders(
  references: readonly Reference<unknown>[],
  dim: number,
  same: RelationDeclarations["same"],
  encoderTrained: boolean,
  {
    rule = "auto",
    rules = encoderTrained ? rulesAfterTraining() : defaultRules(),
    refuse = 0.05,
    folds,
    seed = 1,
    trials,
    onProgress,
    signal,
  }: Omit<RuleOptions, "untrained">,
  untrained?: Untrained,
): Promise<Decider[]> {
  const spaces = [...new Set(references.flatMap(({ labels }) => labels.map(spaceOf)))].sort();
  const deciders = spaces.map((space) => new Decider(space));
  if (spaces.length > 1) deciders.push(new Decider(undefined, same));
  for (const decider of deciders) {
    if (signal?.aborted) throw new AbortedError("Choosing decision rules was stopped; the reference set is as it was.");
    await Promise.resolve();
    const name = decider.space ?? "all spaces";
    decider.prepare(references, dim, {
      untrained,
      rules: rule === "auto" ? rules : [rule],
      falseAlarms: refuse === false ? 0 : refuse,
      folds,
      seed,
      trials,
      onProgress: onProgress && ((progress) => onProgress({ ...progress, note: `${name}: ${progress.note}` })),
    });
  }
  return deciders;
}
