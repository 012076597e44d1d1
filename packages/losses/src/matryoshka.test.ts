import { Random } from "@quaterion/core";
import type { LossParameters, ScoreBatch, ScoreLoss } from "@quaterion/core/training";
import { classLossLaws, lossValue, relationLossLaws, useEngine, viewLossLaws } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { masks, threeRows } from "../test/three-rows.js";
import { contrastive } from "./contrastive.js";
import { contrastiveTension } from "./contrastive-tension.js";
import { cosFace } from "./cos-face.js";
import { matryoshka } from "./matryoshka.js";
import { multipleNegativesRanking } from "./multiple-negatives-ranking.js";
import { softmax } from "./softmax.js";
import { supervisedContrastive } from "./supervised-contrastive.js";

describe("matryoshka", () => {
  beforeAll(() => useEngine());
  for (const law of relationLossLaws(matryoshka(supervisedContrastive({ temperature: 0.5 }), { dims: [4, 2], weights: [1, 0.5] })))
    it(law.title, law.run);
  for (const law of classLossLaws(matryoshka(softmax(), { dims: [5, 3], normalize: false }))) it(law.title, law.run);
  for (const law of viewLossLaws(matryoshka(contrastiveTension({ scale: 3 }), { dims: [5, 2] }), { views: [2] })) it(law.title, law.run);

  it("is the weighted sum of the losses of shortened embeddings, of length 1 or as they are", () => {
    tf.tidy(() => {
      const inner = contrastive({ distances: (a, b) => tf.sub(3, tf.matMul(a, b, false, true)) });
      const value = (rows: number[][]) => lossValue(inner, masks(tf.tensor2d(rows)), {}).dataSync()[0]!;
      const whole = (normalize: boolean) =>
        lossValue(matryoshka(inner, { dims: [3, 2], weights: [1, 0.25], normalize }), masks(tf.tensor2d(threeRows)), {}).dataSync()[0]!;
      const unit = (rows: number[][]) => rows.map((row) => row.map((x) => x / Math.hypot(...row)));
      const first = threeRows.map((row) => row.slice(0, 2));
      expect(whole(false)).toBeCloseTo(value(threeRows) + 0.25 * value(first), 5);
      expect(whole(true)).toBeCloseTo(value(unit(threeRows)) + 0.25 * value(unit(first)), 5);
    });
  });
  it("cuts anchors, candidates of their own and both sides of pairs, and logs each dimension", () => {
    tf.tidy(() => {
      const loss = matryoshka(multipleNegativesRanking(), { dims: [3, 2, 2] });
      const [anchors, candidates] = [tf.tensor2d(threeRows), tf.tensor2d(threeRows)];
      const { parts } = loss.compute({ ...masks(anchors), candidates }, {});
      expect(Object.entries(parts!).map(([name, ratios]) => [name, ratios.length])).toEqual([
        ["2", 2],
        ["3", 1],
      ]);
    });
  });
  it("cuts all partners of given pairs, and a teacher as wide as they are", () => {
    tf.tidy(() => {
      let seen: ScoreBatch | undefined;
      const watching: ScoreLoss<LossParameters, "teacher"> = {
        contract: 1,
        reads: "scores",
        name: "watching",
        needs: ["teacher"],
        leastOthers: 1,
        memory: false,
        compute(batch) {
          seen = batch;
          return { terms: tf.sum(tf.mul(batch.first, batch.second), 1) };
        },
      };
      const loss = matryoshka(watching, { dims: [2] });
      expect([loss.needs, loss.leastOthers]).toEqual([["teacher"], 1]);
      const rows = tf.tensor2d(threeRows);
      const batch = (teacher: tf.Tensor2D) =>
        ({ first: rows, second: rows, others: [rows], teacher: { first: teacher, second: teacher } }) as unknown as Parameters<
          typeof loss.compute
        >[0];
      loss.compute(batch(rows), {});
      const { first, second, others, teacher } = seen!;
      expect([first, second, others![0]!, teacher!.first, teacher!.second].map(({ shape }) => shape[1])).toEqual([2, 2, 2, 2, 2]);
      // Ours are scaled to length 1; the teacher's are what they were.
      expect(teacher!.first.dataSync()[0]).toBe(1);
      expect(first.dataSync()[0]).toBeCloseTo(1 / Math.hypot(1, 0.2), 5);
      loss.compute(batch(tf.ones([3, 7])), {});
      expect(seen!.teacher!.first.shape).toEqual([3, 7]);
    });
  });
  it("leaves the anchors' candidates the anchors", () => {
    tf.tidy(() => {
      const same: boolean[] = [];
      const inner = contrastive();
      const watching = {
        ...inner,
        compute: (batch: Parameters<typeof inner.compute>[0]) => {
          same.push(batch.candidates === batch.anchors);
          return inner.compute(batch, {});
        },
      };
      matryoshka(watching, { dims: [3, 2] }).compute(masks(tf.tensor2d(threeRows)), {});
      expect(same).toEqual([true, true]);
    });
  });
  it("learns a set of class vectors for each dimension", () => {
    const initial = matryoshka(cosFace(), { dims: [4, 2] }).parameters!({ dim: 4, classes: 3 }, new Random(1));
    expect(Object.fromEntries(Object.entries(initial).map(([name, { shape }]) => [name, shape]))).toEqual({
      "4.prototypes": [3, 4],
      "2.prototypes": [3, 2],
    });
  });
  it("says what is wrong", () => {
    const loss = contrastive();
    expect(() => matryoshka(loss, {} as never)).toThrow("`matryoshka.dims` must be a list of dimensions, such as [384, 128, 64].");
    expect(() => matryoshka(loss, { dims: [] })).toThrow("`matryoshka.dims` must be a list of one or more numbers");
    expect(() => matryoshka(loss, { dims: [8, 0] })).toThrow("`matryoshka.dims[1]` must be a whole number of 1 or more; received 0.");
    expect(() => matryoshka(loss, { dims: [8], weights: [-1] })).toThrow("`matryoshka.weights[0]`");
    expect(() => matryoshka(loss, { dims: [8, 4], weights: [1] })).toThrow(
      "`matryoshka.weights` must have 2 weights, as `dims`; received 1.",
    );
    expect(() => matryoshka(loss, { dims: [8], normalize: 1 as never })).toThrow("`matryoshka.normalize`");
    expect(() => matryoshka(3 as never, { dims: [8] })).toThrow("`matryoshka.loss` must be a loss");
    expect(() => tf.tidy(() => lossValue(matryoshka(loss, { dims: [4] }), masks(tf.tensor2d(threeRows)), {}))).toThrow(
      "`matryoshka.dims` must be at most the 3 dimensions of the embeddings; received 4.",
    );
  });
});
