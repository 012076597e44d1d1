import { ReferenceSet } from "@quaterion/serving";
import { percent, type Screen } from "./screen.js";
import { wordsItRestsOn } from "./words-it-rests-on.js";

/** Answers one text with a saved model, and says why. */
export async function classify(text: string, { model, space }: { model: string; space?: string }, screen: Screen): Promise<void> {
  const references = await ReferenceSet.load<string>(model);
  const why = await references.explain(text, { space, references: 3 });
  const { answer } = why;
  screen.line(answer.refused ? `None of the labels fits: ${answer.reason}` : `${answer.label} (${percent(answer.probability)})`);
  if (answer.same.length > 0) screen.line(`the same as ${answer.same.join(", ")}`);
  screen.line(`\nWhat decided it (rule: ${answer.rule}):`);
  for (const { label, value, share } of why.references) screen.line(`  ${percent(share).padStart(7)}  ${label}: "${value}"`);
  const words = why.parts.filter(({ change }) => change > 0).slice(0, 3);
  if (words.length > 0) screen.line(wordsItRestsOn(answer, words));
  screen.line(
    `\nNext: ${answer.alternatives
      .slice(1, 4)
      .map(({ label, probability }) => `${label} (${percent(probability)})`)
      .join(", ")}`,
  );
}
