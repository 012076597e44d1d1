import { describe, expect, it } from "vitest";
import { accuracy, macroAccuracy, macroF1, perClass } from "./accuracy.js";

describe("accuracy", () => {
  it("is the share of right answers, inside its interval", () => {
    const found = accuracy(["a", "b", "b", "c"], ["a", "b", "a", "a"]);
    expect(found).toMatchObject({ value: 0.5, right: 2, n: 4 });
    expect(found.low).toBeLessThan(0.5);
    expect(found.high).toBeGreaterThan(0.5);
  });
  it("is 1 for a perfect model and 0 for one that is always wrong", () => {
    expect(accuracy([1, 2], [1, 2])).toMatchObject({ value: 1, high: 1 });
    expect(accuracy([1, 2], [2, 1])).toMatchObject({ value: 0, low: 0 });
  });
  it("refuses lists of different lengths and empty ones", () => {
    expect(() => accuracy(["a"], [])).toThrow("received 1 and 0");
    expect(() => accuracy([], [])).toThrow("received 0 and 0");
    expect(() => accuracy(["a"], undefined as never)).toThrow("`truth` must be an array of labels; received undefined");
  });
});

describe("perClass", () => {
  it("counts each class by hand: recall, precision, the commonest wrong answer; the worst first", () => {
    // a: 3 samples, answered a, b, b; b: 2 samples, both right
    const table = perClass(["a", "b", "b", "b", "b"], ["a", "a", "a", "b", "b"]);
    expect(table).toEqual([
      { label: "a", n: 3, recall: 1 / 3, precision: 1, f1: 0.5, confusedWith: "b" },
      { label: "b", n: 2, recall: 1, precision: 0.5, f1: 2 / 3, confusedWith: undefined },
    ]);
  });
});

describe("perClass, of a class that was never answered", () => {
  it("has no precision", () => {
    expect(perClass(["a"], ["b"])).toEqual([{ label: "b", n: 1, recall: 0, precision: undefined, f1: 0, confusedWith: "a" }]);
  });
});

describe("macroAccuracy", () => {
  it("counts each class the same", () => {
    expect(macroAccuracy(["a", "a", "a", "a"], ["a", "a", "a", "b"])).toBe(0.5);
  });
});

describe("macroF1", () => {
  it("is scikit-learn's, over the classes of the truth", () => {
    const [truth, answers] = [[..."aaaabbbccd"], [..."aabbbbacca"]];
    expect(macroF1(answers, truth)).toBeCloseTo(0.5178571428571428, 12);
    expect(macroAccuracy(answers, truth)).toBeCloseTo(0.5416666666666666, 12);
  });
});
