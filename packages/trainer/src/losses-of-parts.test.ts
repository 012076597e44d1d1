import type { RelationLoss } from "@quaterion/core/training";
import { contrastive, perPart, tripletMargin } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { arrayData, clusters, type Point, pointEncoder } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import { fit } from "./fit.js";
import { maskNeeds } from "./mask-needs.js";
import type { FitOptions } from "./options.js";

const tripled: RelationLoss = {
  ...pullAndPush,
  name: "tripled",
  compute(batch, parameters) {
    const { terms, counted } = pullAndPush.compute(batch, parameters);
    return { terms: tf.mul(3, terms), counted };
  },
};
const options = (loss: RelationLoss): FitOptions<Point> => ({
  data: clusters(1, { spaces: ["a", "b.fine"] }),
  encoder: pointEncoder(8),
  loss,
  policy: "separate",
  steps: 4,
  // So small that no weight moves far enough to be seen in a loss.
  learningRate: 1e-9,
  labelsPerBatch: 3,
  samplesPerLabel: 2,
});

describe.each(["cpu", "onnxruntime"] as const)("a loss of its own for each part, on %s,", (engine) => {
  it("is that of the batch's label space, and is logged under the part", async () => {
    const { history } = await fit({ ...options(perPart({ b: tripled }, pullAndPush) as RelationLoss), engine });
    const plain = await fit({ ...options(pullAndPush), engine });
    expect(history.map(({ parts }) => Object.keys(parts!))).toEqual(Array.from({ length: 4 }, (_, i) => [i % 2 === 0 ? "*" : "b"]));
    for (const [i, { loss }] of history.entries()) expect(loss / plain.history[i]!.loss).toBeCloseTo(i % 2 === 0 ? 1 : 3, 4);
  }, 120_000);
});

describe("a loss of its own for each part", () => {
  it("is that of the pairs' group", async () => {
    const pair = (a: number, b: number, group?: string) => ({ a, b, relation: 1 as const, ...(group && { group }) });
    const points = Array.from({ length: 12 }, (_, i): Point => [Math.cos(i), Math.sin(i), 0, 0, 0, 0, 0, 1]);
    const all = arrayData(
      points,
      points.map(() => "a/x"),
      [pair(0, 1, "p"), pair(2, 3)],
    );
    const batch = { rows: Uint32Array.of(0, 2), candidates: Uint32Array.of(1, 3), unknown: "dissimilar" as const };
    const sampler = (group?: string) => () => ({
      batchesPerEpoch: 1,
      next: () => ({ ...batch, ...(group && { group }) }),
      state: () => null,
      restore() {},
    });
    const loss = perPart({ p: tripled }, pullAndPush) as RelationLoss;
    const lossOf = async (group?: string) =>
      (await fit({ ...options(loss), data: { ...all, sampler: sampler(group) }, steps: 1, engine: "cpu" })).history[0]!;
    expect([(await lossOf("p")).parts, (await lossOf()).parts].map((parts) => Object.keys(parts!))).toEqual([["p"], ["*"]]);
  });

  it("must be of a part that is there", async () => {
    const wrong = (part: string) => fit({ ...options(perPart({ [part]: tripled }, pullAndPush) as RelationLoss), engine: "cpu" });
    await expect(wrong("bb")).rejects.toThrow(
      '`fit.loss` "perPart" has a loss for "bb", which is no part of `fit.data`. Did you mean "b"?',
    );
    await expect(wrong("b.fien")).rejects.toThrow('Did you mean "b.fine"?');
  });

  it("is asked, too, which masks it reads", () => {
    const swapping = tripletMargin({ swap: true });
    expect(maskNeeds(perPart({ a: swapping }, contrastive()) as RelationLoss, 3).amongCandidates).toBe(true);
    expect(maskNeeds(perPart({ a: contrastive() }, contrastive()) as RelationLoss, 3).amongCandidates).toBe(false);
  });
});
