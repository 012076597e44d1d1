import { clearDifferences } from "./clear-differences.js";
import type { ModelName } from "./results.js";
import type { Screen } from "./screen.js";
import type { ComparedModel } from "./show-comparison.js";

const compared: Record<ModelName, string> = {
  untrained: "the untrained encoder",
  single: "a model for each set alone",
  combined: "the combined model",
  collided: "the classic mistake",
  singleTuned: "an encoder for each set alone",
  tuned: "the trained encoder",
};

/** Says on which sets the model that is saved is clearly better than each of the others, or that the table shows no clear difference. */
export function showDifferences(screen: Screen, models: readonly ComparedModel[]): void {
  const saved = models.find(({ name }) => name === "tuned") ?? models.find(({ name }) => name === "combined")!;
  const title = saved.name === "combined" && Object.keys(saved.scores.spaces).length === 1 ? "the trained model" : compared[saved.name];
  screen.line(
    `\nIs ${title} better? "Clearly": on the same test texts, chance alone would make such a difference less than once in 20 times.`,
  );
  for (const { name, scores } of models)
    if (name !== saved.name) screen.line(`  ${clearDifferences(`than ${compared[name]}`, saved.scores.answers, scores.answers)}`);
}
