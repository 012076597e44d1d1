import type { EmbeddingModel, OnProgress, TrainingData } from "@quaterion/core";
import { accuracy, sameLabels } from "@quaterion/evaluation";
import { ReferenceSet, type RuleTrials } from "@quaterion/serving";
import type { SetAnswers } from "./clear-differences.js";
import type { LabeledSet } from "./read-sets.js";
import { type Score, scored } from "./results.js";

/** How one model answers: on each space among that space's references, and on one gallery of all. */
export interface ModelScores {
  readonly spaces: Record<string, Score>;
  readonly sharedIndex: Score | undefined;
  /** By set, among that set's references; and those on the gallery of all. */
  readonly answers: Record<string, SetAnswers>;
  readonly references: ReferenceSet<string>;
}

/**
 * Accuracy of the answers that a reference set of the training samples gives to the test samples.
 * @param train the training samples of one or all sets, with spaces named as the sets
 * @param untrained the encoder as it was before: decision rules are tried on it, because a trained model flatters all of them on its own training samples
 * @param trials what was tried for the models before
 * @param sets the test samples are theirs; only sets whose space `train` has are asked
 */
export async function scoresOf(
  model: EmbeddingModel<string>,
  train: TrainingData<string>,
  sets: Record<string, LabeledSet>,
  {
    untrained,
    trials,
    seed,
    signal,
    onProgress,
  }: {
    untrained: EmbeddingModel<string>;
    trials: RuleTrials;
    seed: number;
    signal?: AbortSignal | undefined;
    onProgress?: OnProgress | undefined;
  },
): Promise<ModelScores> {
  const references = await ReferenceSet.from(model, train, { rule: "auto", untrained, trials, seed, signal, onProgress });
  const same = sameLabels(train.relations.declarations);
  const asked = Object.keys(sets).filter((name) => train.spaces.some((space) => space.name === name));
  const spaces: Record<string, Score> = {};
  const answersBySet: Record<string, SetAnswers> = {};
  const sharedAnswers: string[] = [];
  const sharedTruth: string[] = [];
  for (const name of asked) {
    const { test } = sets[name]!;
    const truth = test.values.map((_, row) => `${name}/${test.labelsOf(row)[0]!.split("/").slice(1).join("/")}`);
    const answers = await references.classifyMany(test.values, { space: name });
    const labels = answers.map(({ label }) => label);
    answersBySet[name] = { answers: labels, truth };
    spaces[name] = scored(accuracy(labels, truth), answers[0]!.rule);
    if (asked.length < 2) continue;
    const shared = await references.classifyMany(test.values);
    // A label declared the same in another set is a right answer too.
    sharedAnswers.push(...shared.map(({ label }, row) => (same(label, truth[row]!) ? truth[row]! : label)));
    sharedTruth.push(...truth);
  }
  const rule = asked.length < 2 ? "" : (await references.classify(sets[asked[0]!]!.test.values[0]!)).rule;
  const sharedIndex = asked.length < 2 ? undefined : scored(accuracy(sharedAnswers, sharedTruth), rule);
  if (sharedIndex) answersBySet["the shared index"] = { answers: sharedAnswers, truth: sharedTruth };
  return { spaces, sharedIndex, answers: answersBySet, references };
}
