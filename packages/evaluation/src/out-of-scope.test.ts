import { expect, it } from "vitest";
import { auroc } from "./auroc.js";
import { fprAtRecall } from "./fpr-at-recall.js";
import { outOfScope } from "./out-of-scope.js";

const known = [0.9, 0.8, 0.7, 0.4];
const unknown = [0.5, 0.3, 0.2];

it("has the figures of its parts, and what the threshold refuses", () => {
  const found = outOfScope(known, unknown, 0.5);
  expect(found).toMatchObject({ auroc: auroc(known, unknown), fprAt95: fprAtRecall(known, unknown) });
  expect(found.auroc).toBeCloseTo(11 / 12, 12); // of 12 pairs, only 0.4 lies below 0.5
  expect(found.fprAt95).toBeCloseTo(1 / 3, 12); // all known pass at 0.4, and so does 0.5
  expect(found.refused).toMatchObject({ threshold: 0.5, known: { value: 1 / 4, n: 4 }, unknown: { value: 2 / 3, n: 3 } }); // 0.5 itself is not below
});

it("refuses nothing that it was not asked about", () => {
  expect(outOfScope(known, unknown).refused).toBeUndefined();
  expect(outOfScope(known, unknown, Number.NEGATIVE_INFINITY).refused!.unknown.value).toBe(0);
  expect(() => outOfScope([], unknown)).toThrow(/known/);
});
