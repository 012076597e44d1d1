import { expect, it } from "vitest";
import { nameSimilarity } from "./name-similarity.js";

it.each([
  ["card_arrival", "card_arrival", 1],
  ["cardArrival", "arrival of card", 0.917], // 4 + 7 trigrams, and 2 more of "of": 2 · 11 / (11 + 13)
  ["a/weather", "b/weather_query", 0.737],
  ["weather", "alarm", 0],
  ["?", "weather", 0],
  ["CARD-1", "card 1", 1],
])("names are alike by their words' trigrams: %s, %s", (a, b, expected) => {
  expect(nameSimilarity(a, b)).toBeCloseTo(expected, 3);
  expect(nameSimilarity(b, a)).toBe(nameSimilarity(a, b));
});
