import { expect, it } from "vitest";
import { pairClassification } from "./pair-classification.js";
import { pairSimilarities } from "./pair-similarities.js";

it("pairSimilarities compares row with row", () => {
  const [a, b] = [Float32Array.of(3, 4, 1, 0), Float32Array.of(4, 3, 0, 2)];
  expect([...pairSimilarities(a, b, 2)]).toEqual([24 / 25, 0]);
  expect([...pairSimilarities(a, b, 2, "dot")]).toEqual([24, 0]);
  expect([...pairSimilarities(a, b, 2, "euclidean")]).toEqual([-Math.SQRT2, -Math.sqrt(5)]);
  expect([...pairSimilarities(a, b, 2, "manhattan")]).toEqual([-2, -3]);
});

it("pairSimilarities refuses what can't be compared, in words", () => {
  expect(() => pairSimilarities(new Float32Array(4), new Float32Array(2), 2)).toThrow("received 4 and 2 numbers");
  expect(() => pairSimilarities([1, 0] as never, Float32Array.of(1, 0), 2)).toThrow("`a` must be a Float32Array `[pairs, dim]`");
  expect(() => pairSimilarities(Float32Array.of(1, 0, 0, 0), Float32Array.of(1, 0, 1, 0), 2)).toThrow(
    "Pair 1 has no cosine similarity: one of its vectors is all zeros",
  );
  expect(() => pairSimilarities(Float32Array.of(Number.NaN), Float32Array.of(1), 1, "dot")).toThrow("NaN or infinity");
  expect(() => pairSimilarities(Float32Array.of(1), Float32Array.of(1), 1, "cosin" as "cosine")).toThrow('Did you mean "cosine"');
});

it("pairClassification refuses what tells nothing, in words", () => {
  expect(() => pairClassification([1, 2], [1])).toThrow("received 2 and 1");
  expect(() => pairClassification([1, 2], [1, -1])).toThrow("`similar[1]` must be true or 1, or false or 0; received -1");
  expect(() => pairClassification([1, 2], ["1", "0"] as never)).toThrow('`similar[0]` must be true or 1, or false or 0; received "1"');
  expect(() => pairClassification([1, 2], [1, 1])).toThrow("pairs of both kinds; received 2 similar ones of 2");
  expect(() => pairClassification([1, Number.NaN], [1, 0])).toThrow("`scores[1]` must be a finite number; received NaN");
});
