import type { ClassLoss, RelationLoss } from "@quaterion/core/training";
import { classLossLaws, lossValue, relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { masks, threeRows } from "../test/three-rows.js";
import { center } from "./center.js";
import { contrastive } from "./contrastive.js";
import { cosineSimilarity } from "./cosine-similarity.js";
import { guidedNegatives } from "./guided-negatives.js";
import { marginMSE } from "./margin-mse.js";
import { meanOfKinds } from "./mean-of-kinds.js";
import { nTXent } from "./n-t-xent.js";
import { nonZeroMean } from "./non-zero-mean.js";
import { softmax } from "./softmax.js";
import { sum } from "./sum.js";
import { supervisedContrastive } from "./supervised-contrastive.js";
import { tripletMargin } from "./triplet-margin.js";
import { weightedSum } from "./weighted-sum.js";

describe("weightedSum", () => {
  beforeAll(() => useEngine());
  const pairs = weightedSum({
    ranking: supervisedContrastive({ temperature: 0.5 }),
    spread: [0.3, contrastive({ reducer: meanOfKinds({ each: nonZeroMean() }) })],
  });
  for (const law of relationLossLaws(pairs)) it(law.title, law.run);
  const classes = weightedSum({ classes: softmax({ bias: true }), compact: [0.2, center()] });
  for (const law of classLossLaws(classes)) it(law.title, law.run);

  it("is the sum of each loss by its own reducer times its weight, and names the parts", () => {
    const [ranking, spread] = [nTXent(), contrastive({ reducer: sum() })];
    const both = weightedSum({ ranking, spread: [0.25, spread] });
    tf.tidy(() => {
      const batch = masks(tf.tensor2d(threeRows));
      const value = (loss: RelationLoss) => lossValue(loss, batch, {}).dataSync()[0]!;
      expect(value(both)).toBeCloseTo(value(ranking) + 0.25 * value(spread), 5);
      const parts = Object.entries(both.compute(batch, {}).parts!).map(([name, ratios]) => [
        name,
        ratios.reduce((all, { total, count }) => all + total.dataSync()[0]! / count.dataSync()[0]!, 0),
      ]);
      expect(parts.map(([name]) => name)).toEqual(["ranking", "spread"]);
      expect(parts[0]![1]).toBeCloseTo(value(ranking), 5);
      expect(parts[1]![1]).toBeCloseTo(0.25 * value(spread), 5);
    });
  });
  it("has a gradient of one loss alone", () => {
    tf.tidy(() => {
      const { anchors, ...known } = masks(tf.tensor2d(threeRows));
      const gradient = (loss: RelationLoss) =>
        tf
          .grad((x) => lossValue(loss, { ...known, anchors: x as tf.Tensor2D, candidates: x as tf.Tensor2D }, {}))(anchors)
          .dataSync();
      expect([...gradient(weightedSum({ only: [2, nTXent()] }))]).toEqual([...gradient(nTXent())].map((slope) => 2 * slope));
    });
  });
  it("names the parts of sums within sums", () => {
    const nested = weightedSum({ inner: [0.5, weightedSum({ a: nTXent(), b: [2, contrastive()] })], c: contrastive() });
    tf.tidy(() => {
      const batch = masks(tf.tensor2d(threeRows));
      const value = (loss: RelationLoss) => lossValue(loss, batch, {}).dataSync()[0]!;
      expect(Object.keys(nested.compute(batch, {}).parts!)).toEqual(["inner/a", "inner/b", "c"]);
      expect(value(nested)).toBeCloseTo(0.5 * value(nTXent()) + 2 * value(contrastive()), 5);
    });
  });
  it("keeps what each loss learns under its name", async () => {
    const { Random } = await import("@quaterion/core");
    const twice = weightedSum({ a: softmax(), b: weightedSum({ c: softmax({ bias: true }) }) }) as ClassLoss;
    const initial = twice.parameters!({ dim: 2, classes: 3 }, new Random(1));
    expect(Object.entries(initial).map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
      "a.prototypes 3,2",
      "b.c.prototypes 3,2",
      "b.c.bias 3",
    ]);
    const without = (weightedSum({ a: softmax() }) as ClassLoss).parameters!({ dim: 2, classes: 3 }, new Random(1));
    const after = (weightedSum({ z: softmax(), a: softmax() }) as ClassLoss).parameters!({ dim: 2, classes: 3 }, new Random(1));
    expect(after["a.prototypes"], "what one loss draws does not move the others").toEqual(without["a.prototypes"]);
    expect(String(initial["a.prototypes"]!.values)).not.toBe(String(initial["b.c.prototypes"]!.values));
    tf.tidy(() => {
      const batch = { embeddings: tf.tensor2d([[1, 2]]), classes: tf.tensor1d([1], "int32") };
      const learned = Object.fromEntries(Object.entries(initial).map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
      const alone = (loss: ClassLoss, prefix: string) =>
        lossValue(loss, batch, { prototypes: learned[`${prefix}prototypes`]!, bias: learned["b.c.bias"]! }).dataSync()[0]!;
      const [a, c] = [alone(softmax(), "a."), alone(softmax({ bias: true }), "b.c.")];
      expect(lossValue(twice, batch, learned).dataSync()[0]).toBeCloseTo(a + c, 5);
    });
  });
  it("takes a memory and blocks only where all its losses do", () => {
    const facts = ({ memory, wholeBatch }: RelationLoss) => [memory, wholeBatch];
    expect(facts(weightedSum({ a: nTXent(), b: contrastive() }))).toEqual([true, false]);
    expect(facts(weightedSum({ a: nTXent(), b: contrastive({ reducer: sum() }) }))).toEqual([false, true]);
    expect(weightedSum({ a: softmax() }).memory).toBe(false);
  });
  it("needs of given pairs what any of its losses needs", () => {
    expect(weightedSum({ a: cosineSimilarity() }).needs).toEqual(["scores"]);
    const both = weightedSum({ a: cosineSimilarity(), b: marginMSE(), c: { ...cosineSimilarity(), needs: undefined } });
    expect([both.needs, both.leastOthers]).toEqual([["scores", "teacherScores"], marginMSE().leastOthers]);
  });
  it("asks for what any of its losses on relations asks for", () => {
    expect(weightedSum({ a: nTXent() }).needs).toBe(undefined);
    expect(weightedSum({ a: guidedNegatives(), b: tripletMargin(), c: tripletMargin() }).needs).toEqual(["guide", "mostSimilar"]);
  });
  it("keeps in its configuration what makes it", () => {
    expect(weightedSum({ a: [2, contrastive({ reducer: sum() })] }).config).toMatchObject({
      a: { weight: 2, loss: { name: "contrastive", config: { margin: 0.5 }, reducer: "sum" } },
    });
  });
  it("says what is wrong", () => {
    expect(() => weightedSum({})).toThrow("`weightedSum` must be given one or more losses by name");
    expect(() => weightedSum({ "a.b": nTXent() })).toThrow('hold no "." or "/"; received "a.b"');
    expect(() => weightedSum({ a: [0, nTXent()] })).toThrow("`weightedSum.a weight` must be a finite number above 0; received 0.");
    expect(() => weightedSum({ a: 3 as never })).toThrow("`weightedSum.a` must be a loss, such as supervisedContrastive(); received 3.");
    expect(() => weightedSum({ a: nTXent(), b: softmax() as never })).toThrow(
      "`weightedSum.b` must read relations, as `a` does; received softmax, which reads classes.",
    );
  });
});
