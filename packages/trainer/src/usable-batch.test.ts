import type { Batch, Sampler } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { describe, expect, it } from "vitest";
import { arrayData } from "../test/array-data.js";
import { pullAndPush, softmax, softmaxOfPairs, squaredCosineError, squaredLeadError, squaredTeacherDistance } from "../test/losses.js";
import { usableBatch } from "./usable-batch.js";

const data = arrayData([[1], [2]], ["a/x", "a/y"]);
const rows = Uint32Array.of(0);
const candidates = Uint32Array.of(1);
const batches = {
  labelled: { rows },
  paired: { rows, candidates },
  graded: { rows, candidates, scores: Float32Array.of(1) },
  classified: { rows, candidates, pairClasses: Int32Array.of(0) },
  taught: { rows, candidates: Uint32Array.of(1, 1), teacherScores: Float32Array.of(1, 2) },
  taughtAlone: { rows, candidates, teacherScores: Float32Array.of(1) },
} satisfies Record<string, Batch>;
const views = { ...squaredCosineError, reads: "views" } as unknown as Loss;

const samplerOf = (all: readonly Batch[]): Sampler => {
  let drawn = 0;
  return { batchesPerEpoch: 1, next: () => all[drawn++ % all.length]!, state: () => null, restore: () => {} };
};

describe("usableBatch", () => {
  it.each<[string, Loss, (keyof typeof batches)[]]>([
    ["relations", pullAndPush, ["labelled", "paired", "taught", "taughtAlone"]],
    ["classes", softmax as Loss, ["labelled"]],
    ["scores", squaredCosineError, ["graded"]],
    ["views", views, ["paired", "taught", "taughtAlone"]],
    ["a teacher's scores", squaredLeadError, ["taught"]],
    ["a teacher's vectors", squaredTeacherDistance, ["labelled", "paired", "graded", "classified", "taught", "taughtAlone"]],
    ["classes of pairs", softmaxOfPairs, ["classified"]],
  ])("passes over what a loss on %s can't read", (_, loss, usable) => {
    const taken = Object.entries(batches).flatMap(([name, batch]) => {
      try {
        return usableBatch(samplerOf([batch]), loss, data) === batch ? [name] : [];
      } catch {
        return [];
      }
    });
    expect(taken).toEqual(usable);
  });
  it("draws until one comes", () => {
    expect(usableBatch(samplerOf([batches.labelled, batches.graded]), squaredCosineError, data)).toBe(batches.graded);
  });
  it("says what none has", () => {
    const none = (loss: Loss) => () => usableBatch(samplerOf([batches.labelled]), loss, data);
    expect(none(squaredCosineError)).toThrow('what the loss "squaredCosineError" reads: pairs with graded scores.');
    expect(none(squaredLeadError)).toThrow('"squaredLeadError" reads: pairs with a teacher\'s scores and 2 partners or more for each row.');
    expect(none(softmaxOfPairs)).toThrow('"softmaxOfPairs" reads: pairs with classes.');
    expect(none(views)).toThrow("reads: pairs.");
  });
});
