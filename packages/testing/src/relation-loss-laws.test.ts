import type { LossTerms, RelationBatch, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type Law, type PlainRelationBatch, relationLossLaws } from "./index.js";

const squaredDistances = (a: tf.Tensor2D, c: tf.Tensor2D) =>
  tf.sub(
    tf.add(tf.sum(tf.mul(a, a), 1, true), tf.reshape(tf.sum(tf.mul(c, c), 1), [1, -1])),
    tf.mul(2, tf.matMul(a, c, false, true)),
  ) as tf.Tensor2D;

/** Pulls similar pairs by d², pushes dissimilar ones by log(1 + exp(2 − d²)): right in every respect. */
function right({ anchors, candidates, similar, dissimilar }: RelationBatch) {
  const d = squaredDistances(anchors, candidates);
  const terms = tf.add(tf.mul(similar, d), tf.mul(dissimilar, tf.softplus(tf.sub(2, d))));
  return { terms, counted: tf.add(similar, dissimilar) };
}

function oracle({ anchors, candidates, relations }: PlainRelationBatch) {
  const terms = anchors.flatMap((a, i) =>
    candidates.flatMap((c, j) => {
      const d = a.reduce((sum, x, k) => sum + (x - c[k]!) ** 2, 0);
      return relations[i]![j] === 1 ? [d] : relations[i]![j] === -1 ? [Math.log1p(Math.exp(2 - d))] : [];
    }),
  );
  return terms.reduce((sum, term) => sum + term, 0) / terms.length;
}

const loss = (compute: (batch: RelationBatch) => LossTerms, rest: Partial<RelationLoss> = {}): RelationLoss => ({
  contract: 1,
  reads: "relations",
  name: "tried",
  memory: true,
  ...rest,
  compute,
});

async function broken(laws: readonly Law[]): Promise<string[]> {
  const titles: string[] = [];
  for (const law of laws) {
    try {
      await law.run();
    } catch {
      titles.push(law.title.replace("tried: ", ""));
    }
  }
  return titles;
}

const scaled = (by: (batch: RelationBatch) => tf.Tensor | number) => (batch: RelationBatch) => {
  const { terms, counted } = right(batch);
  return { terms: tf.mul(terms, by(batch)), counted };
};

const wrong: [law: string, loss: RelationLoss, oracle?: typeof oracle][] = [
  ["declares what the trainer asks for", loss(right, { contract: 2 as never })],
  [
    "terms have the anchors first and the same shape whatever is known",
    loss((batch) => {
      const { terms, counted } = right(batch);
      const padding = tf.zeros([batch.anchors.shape[0], tf.sum(batch.similar).dataSync()[0]! % 5]);
      return { terms: tf.concat([terms, padding], 1), counted: tf.concat([counted, padding], 1) };
    }),
  ],
  ["equals its plain-loop oracle", loss((batch) => ({ ...right(batch), terms: tf.add(right(batch).terms, 0.01) })), oracle],
  [
    "has the gradient that finite differences have",
    loss(
      scaled(() => 1),
      {
        reducer: {
          name: "steep",
          reduce: (terms, counted) => {
            const steep = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy) => tf.mul(dy, 1.1) }));
            return [{ total: tf.sum(tf.mul(steep(terms), counted)), count: tf.sum(counted) }];
          },
        },
      },
    ),
  ],
  [
    "does not see rows that are unknown to all others",
    loss(right, {
      reducer: {
        name: "mean of rows",
        reduce: (terms, counted) => [{ total: tf.sum(tf.mul(terms, counted)), count: tf.scalar(terms.shape[0]!) }],
      },
    }),
  ],
  [
    "takes a pair that is made unknown as left out",
    loss((batch) => ({
      ...right(batch),
      counted: batch.anchors.shape[0] === 1 && batch.candidates !== batch.anchors ? tf.onesLike(batch.similar) : right(batch).counted,
    })),
  ],
  [
    "does not depend on the order of rows",
    loss(
      scaled(({ anchors }) => tf.add(1, tf.mul(0.1, tf.reshape(tf.range(0, anchors.shape[0]), [-1, 1])))),
      { wholeBatch: true, memory: false },
    ),
  ],
  [
    "sees the same in candidates of their own as in the batch itself",
    loss(scaled(({ anchors, candidates }) => (anchors === candidates ? 1 : 1.1))),
  ],
  [
    "does the same where it is told how many similar candidates an anchor has at most",
    loss(scaled(({ mostSimilar }) => (mostSimilar === undefined ? 1 : 1.1))),
  ],
  [
    "takes equal vectors of two samples for a real pair",
    loss((batch) => {
      const [a, c] = [batch.anchors.arraySync(), batch.candidates.arraySync()];
      const apart = tf.tensor2d(a.map((row) => c.map((other) => (String(row) === String(other) ? 0 : 1))));
      return right({ ...batch, similar: tf.mul(batch.similar, apart), dissimilar: tf.mul(batch.dissimilar, apart) });
    }),
  ],
  [
    "is finite, with a finite gradient, at the borders of its domain",
    loss((batch) => {
      const unit = (x: tf.Tensor2D): tf.Tensor2D => tf.div(x, tf.sqrt(tf.sum(tf.mul(x, x), 1, true)));
      return right({ ...batch, anchors: unit(batch.anchors), candidates: unit(batch.candidates) });
    }),
  ],
  [
    "is 0, with gradient 0, where nothing is known",
    loss(right, {
      reducer: {
        name: "mean and a bit",
        reduce: (terms, counted) => [
          { total: tf.sum(tf.mul(terms, counted)), count: tf.sum(counted) },
          { total: tf.scalar(0.1 * terms.shape[0]!), count: tf.scalar(terms.shape[0]!) },
        ],
      },
    }),
  ],
  [
    "adds up over blocks of anchors",
    loss(scaled(({ similar, dissimilar }) => tf.sum(tf.minimum(tf.sum(tf.add(similar, dissimilar), 1), 1)))),
  ],
  [
    "shows a NaN instead of hiding it",
    loss((batch) =>
      batch.anchors.dataSync().some(Number.isNaN) ? { terms: tf.zerosLike(batch.similar), counted: batch.similar } : right(batch),
    ),
  ],
  [
    "leaves no tensor behind",
    loss((batch) => {
      tf.keep(tf.scalar(0));
      return right(batch);
    }),
  ],
];

describe("relationLossLaws", () => {
  it("hold for a right loss, with and without an oracle", async () => {
    expect(await broken(relationLossLaws(loss(right)))).toEqual([]);
    expect(await broken(relationLossLaws(loss(right), { oracle }))).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by a loss that is wrong in that alone", async (law, one, held) => {
    expect(await broken(relationLossLaws(one, { oracle: held }))).toEqual([law]);
  });
  it("all have a loss here that breaks them", () => {
    const titles = relationLossLaws(loss(right), { oracle }).map((law) => law.title.replace("tried: ", ""));
    expect(wrong.map(([law]) => law).sort()).toEqual(titles.sort());
  });
  it("hold a wrong gradient against an oracle too", async () => {
    const [, steep] = wrong.find(([law]) => law.startsWith("has the gradient"))!;
    expect(await broken(relationLossLaws(steep, { oracle }))).toEqual(["has the gradient that finite differences have"]);
  });
  it("leave the gradient out where the loss detaches and no oracle is given", () => {
    const titles = relationLossLaws(loss(right), { detaches: true }).map((law) => law.title);
    expect(titles).not.toContain("tried: has the gradient that finite differences have");
  });
  it("say what is wrong in words", async () => {
    const law = relationLossLaws(loss(right, { contract: 2 as never }))[0]!;
    await expect(law.run()).rejects.toThrow("`contract` is 2; expected 1.");
  });
});
