import type { ModelScores } from "./compare.js";
import type { ModelName, Results, Score } from "./results.js";
import { ruleInWords } from "./rule-words.js";
import { interval, type Screen } from "./screen.js";
import { showDifferences } from "./show-differences.js";

/** A line of the table: one model, or one for each set. */
export interface ComparedModel {
  readonly name: ModelName;
  readonly scores: Pick<ModelScores, "spaces" | "sharedIndex" | "answers">;
}

const titles: Record<ModelName, string> = {
  untrained: "untrained encoder",
  single: "a model for each set alone",
  combined: "combined model",
  collided: "the classic mistake",
  singleTuned: "encoder trained on each set alone",
  tuned: "encoder trained on all sets",
};

/** With one set these are the same training, once each: one row stands for both. */
const sameForOneSet: Partial<Record<ModelName, ModelName>> = { single: "combined", collided: "combined", singleTuned: "tuned" };

/** Prints the table that matters, and where the differences in it are clear, and returns it for the JSON file. */
export function showComparison(
  screen: Screen,
  sets: readonly string[],
  models: readonly ComparedModel[],
): Pick<Results, "spaces" | "sharedIndex"> {
  const cell = (score: Score | undefined) => (score ? `${interval({ ...score, value: score.accuracy })}\n${score.rule}` : "–");
  const one = sets.length === 1;
  const shown = models.filter(({ name }) => !one || sameForOneSet[name] === undefined);
  screen.table(
    ["%", ...sets, ...(one ? [] : ["shared index"])],
    shown.map(({ name, scores }) => [
      one && name === "combined" ? "trained model" : titles[name],
      ...sets.map((set) => cell(scores.spaces[set])),
      ...(one ? [] : [cell(scores.sharedIndex)]),
    ]),
  );
  const rules = new Set(
    shown.flatMap(({ scores }) => [...Object.values(scores.spaces), scores.sharedIndex].flatMap((score) => score?.rule ?? [])),
  );
  screen.line("In brackets: the 95 % interval. Below each accuracy: the decision rule that its references chose.");
  for (const rule of rules) screen.line(`  ${ruleInWords(rule)}`);
  if (one) screen.line("One set: a model for it alone and the combined model are the same, so one row stands for them.");
  else screen.line("Shared index: one gallery of all sets; right means set and label right, or a label declared the same.");
  showDifferences(screen, shown);
  const spaces = sets.map((set) => [set, Object.fromEntries(models.map(({ name, scores }) => [name, scores.spaces[set]]))]);
  return {
    spaces: Object.fromEntries(spaces) as Results["spaces"],
    sharedIndex: Object.fromEntries(models.map(({ name, scores }) => [name, scores.sharedIndex])),
  };
}
