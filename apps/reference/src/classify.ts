import { existsSync } from "node:fs";
import { InvalidArgumentError, NotFoundError, suggestion } from "@quaterion/core";
import { ReferenceSet } from "@quaterion/serving";
import { ruleInWords } from "./rule-words.js";
import { percent, type Screen } from "./screen.js";
import { decisiveWords, wordsItRestsOn } from "./words-it-rests-on.js";

/** Answers one text with a saved model, and says why. */
export async function classify(text: string, { model, space }: { model: string; space?: string }, screen: Screen): Promise<void> {
  if (text.trim() === "")
    throw new InvalidArgumentError('There is no text to answer. Give one in quotes: npm start -- classify "my card has not come yet"');
  const references = await ReferenceSet.load<string>(model).catch((cause) => {
    if (existsSync(model)) throw cause;
    throw new NotFoundError(`There is no model in ${model}. Train one with: npm start; or name the folder of one with --model.`, { cause });
  });
  if (space !== undefined && !references.spaces.includes(space))
    throw new InvalidArgumentError(`\`--space\` names no set of this model: "${space}".${suggestion(space, references.spaces)}`);
  const why = await references.explain(text, { space, references: 3 });
  const { answer } = why;
  screen.line(answer.refused ? `None of the labels fits: ${answer.reason}` : `${answer.label} (${percent(answer.probability)})`);
  if (answer.same.length > 0) screen.line(`the same as ${answer.same.join(", ")}`);
  screen.line(`\nWhat decided it (${ruleInWords(answer.rule)}):`);
  for (const { label, value, share } of why.references) screen.line(`  ${percent(share).padStart(7)}  ${label}: "${value}"`);
  const words = decisiveWords(answer, why.parts);
  if (words.length > 0) screen.line(wordsItRestsOn(answer, words));
  screen.line(
    `\nNext: ${answer.alternatives
      .slice(1, 4)
      .map(({ label, probability }) => `${label} (${percent(probability)})`)
      .join(", ")}`,
  );
}
