import { expect, it } from "vitest";
import { seenAndUnseen } from "./seen-and-unseen.js";

const truth = ["a", "a", "a", "b", "new", "new", "newer"];
const answers = ["a", "a", "new", "b", "new", "a", "newer"];

it("counts seen and unseen classes apart, by hand", () => {
  const { seen, unseen, harmonicMean, takenForSeen, takenForUnseen } = seenAndUnseen(answers, truth, ["a", "b", "c"]);
  expect(seen).toMatchObject({ right: 3, n: 4 });
  expect(seen.macro).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(unseen).toMatchObject({ right: 2, n: 3 });
  expect(unseen.macro).toBeCloseTo((1 / 2 + 1) / 2, 12);
  expect(harmonicMean).toBeCloseTo((2 * (5 / 6) * (3 / 4)) / (5 / 6 + 3 / 4), 12);
  expect(takenForSeen).toBeCloseTo(1 / 3, 12);
  expect(takenForUnseen).toBeCloseTo(1 / 4, 12);
});

it("has a harmonic mean of 0 where one side is never right, both or one", () => {
  expect(seenAndUnseen(["a", "a"], ["a", "n"], ["a"]).harmonicMean).toBe(0);
  expect(seenAndUnseen(["n", "a"], ["a", "n"], ["a"]).harmonicMean).toBe(0);
});

it("says what is missing", () => {
  expect(() => seenAndUnseen(["a"], ["a"], ["a"])).toThrow(/no unseen class.*1 classes, of which 1 occur among 1/);
  expect(() => seenAndUnseen(["a"], ["a"], ["b"])).toThrow(/no seen class/);
  expect(() => seenAndUnseen(["a"], [], ["b"])).toThrow("received 1 and 0");
});
