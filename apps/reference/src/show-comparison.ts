import type { ModelScores } from "./compare.js";
import type { ModelName, Results, Score } from "./results.js";
import { interval, type Screen } from "./screen.js";

/** Prints the table that matters, and returns it for the JSON file. */
export function showComparison(
  screen: Screen,
  names: readonly string[],
  models: Record<Exclude<ModelName, "single">, ModelScores>,
  single: Record<string, Score>,
): Pick<Results, "spaces" | "sharedIndex"> {
  const rows: [string, (name: string) => Score, Score | undefined][] = [
    ["untrained encoder", (name) => models.untrained.spaces[name]!, models.untrained.sharedIndex],
    ["a model for each set alone", (name) => single[name]!, undefined],
    ["combined model", (name) => models.combined.spaces[name]!, models.combined.sharedIndex],
    ["the classic mistake", (name) => models.collided.spaces[name]!, models.collided.sharedIndex],
  ];
  const cell = (score: Score | undefined) => (score ? `${interval({ ...score, value: score.accuracy })}\n${score.rule}` : "–");
  screen.table(
    ["%", ...names, "shared index"],
    rows.map(([title, of, shared]) => [title, ...names.map((name) => cell(of(name))), cell(shared)]),
  );
  screen.line("Below each accuracy: the decision rule that its references chose. Shared index: one gallery of all sets; right means");
  screen.line("set and label right, or a label declared the same.");

  const spaces = Object.fromEntries(
    names.map((name) => [
      name,
      {
        untrained: models.untrained.spaces[name]!,
        single: single[name]!,
        combined: models.combined.spaces[name]!,
        collided: models.collided.spaces[name]!,
      },
    ]),
  );
  const sharedIndex = {
    untrained: models.untrained.sharedIndex,
    combined: models.combined.sharedIndex,
    collided: models.collided.sharedIndex,
  };
  return { spaces, sharedIndex };
}
