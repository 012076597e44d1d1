import { nameOf } from "@quaterion/core";

/**
 * How alike two labels' names are, 0 to 1: the Dice coefficient of their words' character trigrams, 2 · shared / (trigrams of a + trigrams of b).
 * Words are told apart by signs, spaces and capitals within (`cardArrival`); their order does not matter. Dice, Ecology 1945.
 */
export function nameSimilarity(a: string, b: string): number {
  const [left, right] = [trigrams(nameOf(a)), trigrams(nameOf(b))];
  if (left.size === 0 || right.size === 0) return 0;
  let shared = 0;
  for (const each of left) if (right.has(each)) shared++;
  return (2 * shared) / (left.size + right.size);
}

function trigrams(name: string): Set<string> {
  const words = name
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  const found = new Set<string>();
  for (const word of words) {
    if (word === "") continue;
    const padded = ` ${word} `;
    for (let i = 0; i + 3 <= padded.length; i++) found.add(padded.slice(i, i + 3));
  }
  return found;
}
