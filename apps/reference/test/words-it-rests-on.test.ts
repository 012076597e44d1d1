import { expect, it } from "vitest";
import { decisiveWords, wordsItRestsOn } from "../src/words-it-rests-on.js";

it("names words whose leaving out makes the answer less likely, whatever it does to the score", () => {
  const part = (name: string, change: number, probability: number) => ({ name, change, probability });
  // Without "card" the score falls, and that of the other labels more: the answer becomes surer.
  const parts = [
    part("card", 0.5, 0.97),
    part("pause", 0.2, 0.6),
    part("my", 0.1, 0.13),
    part("the", -0.1, 0.75),
    part("a", 0, 0.7),
    part("it", 0, 0.74),
  ];
  const words = decisiveWords({ probability: 0.75 }, parts);
  expect(words.map(({ name }) => name)).toEqual(["my", "pause", "a"]);
  expect(wordsItRestsOn({ probability: 0.75 }, words)).toBe(
    'Words it rests on: 75.0 % with all of them, without "my" 13.0 %, without "pause" 60.0 %, without "a" 70.0 %',
  );
});
