import type { ValuePart } from "@quaterion/core";

/**
 * The words of a text (runs without white space), each with the text that is left when it goes: its word and the white space after it
 * (before it, for the last word) are cut out. None for a text of one word: nothing would be left to encode.
 */
export function wordParts(text: string): readonly ValuePart<string>[] {
  const words = [...text.matchAll(/\S+/g)];
  if (words.length < 2) return [];
  return words.map((word, i) => {
    const last = i === words.length - 1;
    const start = last ? words[i - 1]!.index + words[i - 1]![0].length : word.index;
    const end = last ? word.index + word[0].length : words[i + 1]!.index;
    // The name is the word as one reads it: "gym", not "gym,".
    const name = word[0].replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "") || word[0];
    return { name, without: text.slice(0, start) + text.slice(end) };
  });
}
