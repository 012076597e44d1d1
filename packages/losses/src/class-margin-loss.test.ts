import { classLossLaws, lossValue, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { relu, sum, unitEuclidean } from "../test/plain-math.js";
import { classMarginLoss } from "./class-margin-loss.js";
import { euclideanDistances } from "./euclidean-distances.js";

describe("classMarginLoss", () => {
  const laws = classLossLaws(classMarginLoss({ regularization: 0.1 }), {
    oracle: ({ embeddings, classes }, { beta }) => {
      const rows = embeddings.map((_, i) => i);
      const [costs, borders]: number[][] = [[], []];
      for (const i of rows) {
        const border = beta![0]![classes[i]!]!;
        for (const p of rows.filter((j) => j !== i && classes[j] === classes[i])) {
          for (const n of rows.filter((j) => classes[j] !== classes[i])) {
            costs!.push(relu(unitEuclidean(embeddings[i]!, embeddings[p]!) - border + 0.2));
            costs!.push(relu(border - unitEuclidean(embeddings[i]!, embeddings[n]!) + 0.2));
            borders!.push(border);
          }
        }
      }
      const active = costs!.filter((cost) => cost > 0).length;
      return active === 0 ? 0 : (sum(costs!) + 0.1 * sum(borders!)) / active;
    },
  });
  for (const law of laws) it(law.title, law.run);

  const value = async (rows: number[], classes: number[], borders: number[], weights?: number[]) => {
    await useEngine();
    return tf.tidy(() => {
      const loss = classMarginLoss({ margin: 0.5, regularization: 0.1, distances: euclideanDistances });
      const batch = { embeddings: tf.tensor2d(rows, [rows.length, 1]), classes: tf.tensor1d(classes, "int32") };
      return lossValue(loss, { ...batch, weights: weights && tf.tensor1d(weights) }, { beta: tf.tensor1d(borders) }).dataSync()[0]!;
    });
  };

  it("gives the value worked by hand", async () => {
    // 0 and 3 of class 0 (border 2), 2.25 of class 1 (no other of its class: in no triplet as an anchor). Anchor 0: similar 3 costs 1.5, dissimilar 2.25
    // costs 0.25. Anchor 3: similar 1.5, dissimilar at 0.75: 1.75. Sum 5, two triplets of border 2: 0.1 · 4; four costs above 0.
    expect(await value([0, 3, 2.25], [0, 0, 1], [2, 9])).toBeCloseTo(5.4 / 4, 6);
  });
  it("leaves out rows without a class", async () => {
    expect(await value([0, 3, 2.25, 1, 0.5], [0, 0, 1, -1, 2], [2, 9])).toBeCloseTo(5.4 / 4, 6);
  });
  it("lets a row of weight 2 count as two anchors", async () => {
    // Anchor 0 twice: costs 1.75 · 2 + 3.25, borders 2 · 3, over 2 · 2 + 2.
    expect(await value([0, 3, 2.25], [0, 0, 1], [2, 9], [2, 1, 1])).toBeCloseTo((6.75 + 0.6) / 6, 6);
  });
  it("is 0 where no cost is above 0", async () => {
    expect(await value([0, 0.1, 9], [0, 0, 1], [2, 2])).toBe(0);
  });
  it("says which option is wrong", () => {
    expect(() => classMarginLoss({ margin: -1 })).toThrow("`classMarginLoss.margin`");
    expect(() => classMarginLoss({ beta: Number.NaN })).toThrow("`classMarginLoss.beta`");
    expect(() => classMarginLoss({ regularization: -1 })).toThrow("`classMarginLoss.regularization`");
    expect(() => classMarginLoss({ distances: 1 as never })).toThrow("`classMarginLoss.distances`");
  });
});
