import type { Answer, DecisivePart } from "@quaterion/serving";
import { percent } from "./screen.js";

/** What leaving each word out makes of an answer's probability, in one line. */
export function wordsItRestsOn({ probability }: Pick<Answer, "probability">, words: readonly DecisivePart[]): string {
  const without = words.map((word) => `without "${word.name}" ${percent(word.probability)}`);
  return `Words it rests on: ${percent(probability)} is left as ${without.join(", ")}`;
}
