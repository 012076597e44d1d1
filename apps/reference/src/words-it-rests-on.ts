import type { Answer, DecisivePart } from "@quaterion/serving";
import { percent } from "./screen.js";

const most = 3;

/** Words whose leaving out makes an answer less likely, those that matter most first. */
export function decisiveWords({ probability }: Pick<Answer, "probability">, parts: readonly DecisivePart[]): DecisivePart[] {
  return parts
    .filter((part) => part.probability < probability)
    .sort((a, b) => a.probability - b.probability)
    .slice(0, most);
}

/** What leaving each word out makes of an answer's probability, in one line. */
export function wordsItRestsOn({ probability }: Pick<Answer, "probability">, words: readonly DecisivePart[]): string {
  const without = words.map((word) => `without "${word.name}" ${percent(word.probability)}`);
  return `Words it rests on: ${percent(probability)} with all of them, ${without.join(", ")}`;
}
