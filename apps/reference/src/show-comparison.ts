import type { ModelScores } from "./compare.js";
import type { ModelName, Results, Score } from "./results.js";
import { interval, type Screen } from "./screen.js";

/** A line of the table: one model, or one for each set. */
export interface ComparedModel {
  readonly name: ModelName;
  readonly scores: Pick<ModelScores, "spaces" | "sharedIndex">;
}

const titles: Record<ModelName, string> = {
  untrained: "untrained encoder",
  single: "a model for each set alone",
  combined: "combined model",
  collided: "the classic mistake",
  singleTuned: "encoder trained on each set alone",
  tuned: "encoder trained on all sets",
};

/** Prints the table that matters, and returns it for the JSON file. */
export function showComparison(
  screen: Screen,
  sets: readonly string[],
  models: readonly ComparedModel[],
): Pick<Results, "spaces" | "sharedIndex"> {
  const cell = (score: Score | undefined) => (score ? `${interval({ ...score, value: score.accuracy })}\n${score.rule}` : "–");
  screen.table(
    ["%", ...sets, "shared index"],
    models.map(({ name, scores }) => [titles[name], ...sets.map((set) => cell(scores.spaces[set])), cell(scores.sharedIndex)]),
  );
  screen.line("Below each accuracy: the decision rule that its references chose. Shared index: one gallery of all sets; right means");
  screen.line("set and label right, or a label declared the same.");
  const spaces = sets.map((set) => [set, Object.fromEntries(models.map(({ name, scores }) => [name, scores.spaces[set]]))]);
  return {
    spaces: Object.fromEntries(spaces) as Results["spaces"],
    sharedIndex: Object.fromEntries(models.map(({ name, scores }) => [name, scores.sharedIndex])),
  };
}
