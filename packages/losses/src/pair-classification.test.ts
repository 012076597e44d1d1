import { type PlainParameters, type PlainScoreBatch, scoreLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { handScoreValue } from "../test/hand-batch.js";
import { dot, mean, sum } from "../test/plain-math.js";
import { type PairFeature, pairClassification } from "./pair-classification.js";

const oracleOf =
  (features: readonly PairFeature[]) =>
  (batch: PlainScoreBatch, { kernel, bias }: PlainParameters) =>
    mean(
      batch.first.map((u, i) => {
        const v = batch.second[i]!;
        const seen = [
          ...(features.includes("vectors") ? [...u, ...v] : []),
          ...(features.includes("difference") ? u.map((x, k) => Math.abs(x - v[k]!)) : []),
          ...(features.includes("product") ? u.map((x, k) => x * v[k]!) : []),
        ];
        const logits = kernel!.map((weights, c) => dot(weights, seen) + bias![0]![c]!);
        return Math.log(sum(logits.map(Math.exp))) - logits[batch.classes[i]!]!;
      }),
    );

describe("pairClassification", () => {
  const tried: PairFeature[][] = [["vectors", "difference"], ["product"], ["product", "difference", "vectors"]];
  for (const features of tried) {
    for (const law of scoreLossLaws(pairClassification({ features }), { oracle: oracleOf(features) }))
      it(`${features.join(", ")}: ${law.title}`, law.run);
  }

  // u = 1, v = 3, |u − v| = 2: class 0: 0.5 · 2 = 1; class 1: 0 + 0.1; class 2: 1 − 3 + 2 = 0.
  const kernel = [
    [0, 0, 0.5],
    [0, 0, 0],
    [1, -1, 1],
  ];
  const pairs = { first: [[1]], second: [[3]], classes: [0] };
  it("gives the value worked by hand", async () => {
    expect(await handScoreValue(pairClassification(), pairs, { kernel, bias: [0, 0.1, 0] })).toBeCloseTo(
      Math.log(Math.exp(1) + Math.exp(0.1) + 1) - 1,
      6,
    );
  });
  it("leaves out pairs without a class", async () => {
    const two = { first: [[1], [5]], second: [[3], [0]], classes: [0, -1] };
    const [one, both] = [pairs, two].map((given) => handScoreValue(pairClassification(), given, { kernel, bias: [0, 0.1, 0] }));
    expect(await both).toBeCloseTo((await one)!, 6);
  });
  it("gives equal coordinates of a pair no pull from their difference", async () => {
    await useEngine();
    const gradient = tf.tidy(() => {
      const learned = { kernel: tf.tensor2d([[1], [0]]), bias: tf.tensor1d([0, 0]) };
      const batch = { second: tf.tensor2d([[2]]), classes: tf.tensor1d([0], "int32") };
      const loss = pairClassification({ features: ["difference"] });
      return tf
        .grad((first) => tf.sum(loss.compute({ ...batch, first: first as tf.Tensor2D }, learned).terms))(tf.tensor2d([[2]]))
        .dataSync()[0]!;
    });
    expect(Math.abs(gradient)).toBe(0);
  });
  it("begins with a classifier of the size of its classes and features", async () => {
    await useEngine();
    const { Random } = await import("@quaterion/core");
    const begun = pairClassification({ features: ["vectors", "product"] }).parameters!({ dim: 2, classes: 4 }, new Random(1));
    expect([begun.kernel.shape, begun.bias.shape]).toEqual([[4, 6], [4]]);
  });
  it("says what it needs, and which option is wrong", async () => {
    expect(pairClassification()).toMatchObject({ needs: ["classes"], config: { features: ["vectors", "difference"] } });
    await expect(handScoreValue(pairClassification(), { first: [[1]], second: [[3]] })).rejects.toThrow(
      "`pairClassification` needs a class of each pair",
    );
    expect(() => pairClassification({ features: [] })).toThrow("`pairClassification.features` must be a list of one or more of");
    expect(() => pairClassification({ features: ["sum" as never] })).toThrow("`pairClassification.features[0]` must be one of");
  });
});
