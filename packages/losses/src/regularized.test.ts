import type { ClassLoss, Loss, LossTerms } from "@quaterion/core/training";
import { classLossLaws, lossValue, relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { masks, threeRows } from "../test/three-rows.js";
import * as losses from "./index.js";
import type { Regularizer } from "./regularizer.js";

const { regularized } = losses;

/** Part values of a result. */
const valuesOf = ({ parts }: LossTerms) =>
  Object.fromEntries(
    Object.entries(parts!).map(([name, ratios]) => [
      name,
      ratios.reduce((all, { total, count }) => all + total.dataSync()[0]! / count.dataSync()[0]!, 0),
    ]),
  );

/** A regularizer that adds up its rows' first coordinates over the pairs it is told of; it shows what it was given. */
function watching(seen: { rows: number; apart: number[] }[], rest: Partial<Regularizer> = {}): Regularizer {
  return {
    name: "watching",
    config: {},
    wholeBatch: false,
    parametersOnly: false,
    ...rest,
    compute({ rows, apart }) {
      seen.push({ rows: rows.shape[0], apart: [...apart().dataSync()] });
      return [{ total: tf.sum(tf.slice(rows, [0, 0], [-1, 1])), count: tf.scalar(rows.shape[0]) }];
    },
  };
}

describe("regularized", () => {
  beforeAll(() => useEngine());
  // A regularizer that sees rows alone sees those of which nothing is known; these laws of relations hold all the same.
  const unbound = /does not see rows that are unknown|made unknown|where nothing is known|equal vectors/;
  for (const law of relationLossLaws(regularized(losses.nTXent({ temperature: 0.5 }), { embeddings: [0.3, losses.lpRegularizer()] })))
    if (!unbound.test(law.title)) it(law.title, law.run);
  // globalOrthogonal asks which rows are of different things, so what is unknown takes no part; but it looks within each side, of which these two laws
  // tell nothing, or tell the same whatever is known across.
  const across = /made unknown|candidates of their own/;
  for (const law of relationLossLaws(regularized(losses.nTXent({ temperature: 0.5 }), { embeddings: [0.3, losses.globalOrthogonal()] })))
    if (!across.test(law.title)) it(`${law.title}, with globalOrthogonal`, law.run);
  const classes = regularized(losses.normalizedSoftmax({ temperature: 0.3 }), {
    embeddings: [0.2, losses.zeroMean()],
    parameters: [0.3, losses.centerInvariant()],
  });
  for (const law of classLossLaws(classes)) it(law.title, law.run);

  it("adds the regularizers' means times their weights, and names the parts", () => {
    tf.tidy(() => {
      const batch = { embeddings: tf.tensor2d([[3, 4]]), classes: tf.tensor1d([0], "int32") };
      const prototypes = tf.tensor2d([
        [1, 0],
        [0, 3],
      ]);
      const loss = regularized(losses.softmax() as ClassLoss, {
        embeddings: [0.5, losses.lpRegularizer()],
        parameters: [0.25, losses.lpRegularizer()],
      });
      const parts = valuesOf(loss.compute(batch, { prototypes }));
      // Logits 3 and 12; |x| = 5; mean |w| = 2.
      expect(Object.keys(parts)).toEqual(["softmax", "lpRegularizer of embeddings", "lpRegularizer of parameters"]);
      expect(parts["softmax"]).toBeCloseTo(Math.log1p(Math.exp(9)), 4);
      expect(parts["lpRegularizer of embeddings"]).toBeCloseTo(2.5, 5);
      expect(parts["lpRegularizer of parameters"]).toBeCloseTo(0.5, 5);
      expect(lossValue(loss, batch, { prototypes }).dataSync()[0]).toBeCloseTo(Math.log1p(Math.exp(9)) + 3, 4);
    });
  });
  it("sees each side of a batch, and which rows are of different things", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d(threeRows);
      const others = tf.tensor2d(threeRows.slice(0, 2));
      const see = (loss: Loss, batch: object) => {
        const seen: { rows: number; apart: number[] }[] = [];
        (regularized(loss, { embeddings: watching(seen) }) as unknown as ClassLoss).compute(batch as never, {});
        return seen;
      };
      const compute = () => ({ terms: tf.zeros([3]) });
      const any = (reads: Loss["reads"]) => ({ contract: 1, name: "any", memory: false, reads, compute }) as Loss;
      const all = [0, 1, 1, 1, 0, 1, 1, 1, 0];
      const batch = masks(rows);
      expect(see(any("relations"), batch)).toEqual([{ rows: 3, apart: [0, 0, 1, 0, 0, 1, 1, 1, 0] }]);
      const apart = { ...batch, candidates: others };
      expect(see(any("relations"), apart)).toEqual([
        { rows: 3, apart: all },
        { rows: 2, apart: [0, 1, 1, 0] },
      ]);
      const told = { similar: tf.zeros([3, 3]), dissimilar: tf.eye(3) };
      const toldOthers = { similar: tf.zeros([2, 2]), dissimilar: tf.eye(2) };
      expect(see(any("relations"), { ...apart, amongAnchors: told, amongCandidates: toldOthers })).toEqual([
        { rows: 3, apart: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
        { rows: 2, apart: [1, 0, 0, 1] },
      ]);
      expect(see(any("classes"), { embeddings: rows, classes: tf.tensor1d([1, -1, 0], "int32") })).toEqual([
        { rows: 3, apart: [0, 0, 1, 0, 0, 0, 1, 0, 0] },
      ]);
      expect(see(any("scores"), { first: rows, second: rows })).toEqual([
        { rows: 3, apart: all },
        { rows: 3, apart: all },
      ]);
      expect(see(any("scores"), { first: rows, second: rows, others: [others, others] })).toHaveLength(4);
      expect(see(any("views"), { views: [rows, rows, rows] })).toHaveLength(3);
    });
  });
  it("takes the mean over the sides", () => {
    tf.tidy(() => {
      const rows = tf.tensor2d(threeRows); // first coordinates 1, 0.7, 0.1: mean 0.6
      const candidates = tf.tensor2d([[2, 0, 0]]);
      const loss = regularized(losses.nTXent(), { embeddings: [2, watching([])] });
      const masksOf = { similar: tf.zeros<tf.Rank.R2>([3, 1]), dissimilar: tf.zeros<tf.Rank.R2>([3, 1]) };
      expect(valuesOf(loss.compute({ anchors: rows, candidates, ...masksOf }, {}))["watching of embeddings"]).toBeCloseTo(2.6, 5);
    });
  });
  it("finds the class vectors of losses within", () => {
    tf.tidy(() => {
      const seen: { rows: number; apart: number[] }[] = [];
      const loss = regularized(losses.matryoshka(losses.softmax() as ClassLoss, { dims: [2, 1] }), { parameters: watching(seen) });
      const batch = { embeddings: tf.tensor2d([[3, 4]]), classes: tf.tensor1d([0], "int32") };
      const learned = { "2.prototypes": tf.ones([3, 2]), "1.prototypes": tf.ones([3, 1]) };
      const parts = valuesOf(loss.compute(batch, learned));
      expect(seen.map(({ rows }) => rows)).toEqual([3, 3]);
      expect(parts["watching of parameters"]).toBeCloseTo(1, 6);
    });
  });
  it("takes a memory and blocks where loss and regularizer of embeddings do", () => {
    const facts = (options: Parameters<typeof regularized>[1]) => {
      const { memory, wholeBatch } = regularized(losses.nTXent(), options);
      return [memory, wholeBatch];
    };
    expect(facts({ embeddings: losses.lpRegularizer() })).toEqual([true, false]);
    expect(facts({ embeddings: losses.globalOrthogonal() })).toEqual([false, true]);
    expect(regularized(losses.softmax() as ClassLoss, { parameters: losses.regularFace() }).wholeBatch).toBe(false);
  });
  it("learns what the loss learns, from the same first values", async () => {
    const { Random } = await import("@quaterion/core");
    const loss = losses.softmax({ bias: true }) as ClassLoss;
    const initial = (one: ClassLoss) => one.parameters!({ dim: 3, classes: 2 }, new Random(4));
    expect(initial(regularized(loss, { parameters: losses.lpRegularizer() }))).toEqual(initial(loss));
  });
  it("says what is wrong", () => {
    const loss = losses.nTXent();
    expect(() => regularized(loss, {})).toThrow("`regularized` needs `embeddings` or `parameters`");
    expect(() => regularized(loss, { embeddings: 3 as never })).toThrow(
      "`regularized.embeddings` must be a regularizer, such as lpRegularizer()",
    );
    expect(() => regularized(loss, { embeddings: [0, losses.zeroMean()] })).toThrow("`regularized.embeddings weight`");
    expect(() => regularized(loss, { embeddings: losses.sparseCenters() })).toThrow("received sparseCenters, which is for `parameters`.");
    expect(() => regularized(loss, { parameters: losses.zeroMean() })).toThrow("received nTXent, which learns nothing.");
    expect(() => regularized(3 as never, { embeddings: losses.zeroMean() })).toThrow("`regularized.loss` must be a loss");
    const other: ClassLoss = { ...(losses.softmax() as ClassLoss), name: "other", compute: () => ({ terms: tf.zeros([1]) }) };
    const batch = { embeddings: tf.zeros<tf.Rank.R2>([1, 2]), classes: tf.tensor1d([0], "int32") };
    expect(() =>
      tf.tidy(() => lossValue(regularized(other, { parameters: losses.zeroMean() }), batch, { kernel: tf.zeros([2, 2]) })),
    ).toThrow("`regularized.parameters` needs a loss that learns `prototypes`; other learns kernel.");
    tf.dispose([batch.embeddings, batch.classes]);
  });
});
