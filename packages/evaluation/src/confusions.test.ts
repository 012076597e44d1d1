import { expect, it } from "vitest";
import { confusions, spaceConfusion } from "./confusions.js";

it("lists which class was taken for which, the most often first, then the larger share", () => {
  expect(confusions(["b", "b", "a", "c", "a", "b", "d"], ["a", "a", "a", "a", "b", "c", "c"])).toEqual([
    { truth: "a", answer: "b", count: 2, share: 0.5 },
    { truth: "b", answer: "a", count: 1, share: 1 },
    { truth: "c", answer: "b", count: 1, share: 0.5 },
    { truth: "c", answer: "d", count: 1, share: 0.5 },
    { truth: "a", answer: "c", count: 1, share: 0.25 },
  ]);
  expect(confusions(["a"], ["a"])).toEqual([]);
});

it("counts in which space the queries of each were answered", () => {
  expect(spaceConfusion(["a/x", "b/x", "a/y", "c/z", "b/y"], ["a/x", "a/x", "b/x", "b/x", "b/y"])).toEqual({
    spaces: ["a", "b", "c"],
    counts: [
      [1, 1, 0],
      [1, 1, 1],
      [0, 0, 0],
    ],
  });
});

it("refuses lists of different lengths", () => {
  expect(() => confusions(["a"], [])).toThrow("received 1 and 0");
  expect(() => spaceConfusion(["a/x"], [])).toThrow("received 1 and 0");
});
