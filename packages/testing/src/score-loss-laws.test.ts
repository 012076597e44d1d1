import type { LossTerms, ScoreBatch, ScoreLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type Law, type PlainParameters, type PlainScoreBatch, scoreLossLaws } from "./index.js";

type Parameters = { shift: tf.Tensor };

/** (a · b + a · n + shift − score)²: right in every respect. */
function right({ first, second, others, scores, weights }: ScoreBatch, { shift }: Parameters) {
  const product = (b: tf.Tensor) => tf.sum(tf.mul(first, b), 1);
  const error = tf.sub(tf.add(tf.add(product(second), product(others![0]!)), tf.squeeze(shift)), scores!);
  return { terms: tf.mul(error, error), counted: weights ?? tf.onesLike(scores!) };
}

function oracle({ first, second, others, scores }: PlainScoreBatch, { shift }: PlainParameters) {
  const costs = first.map((a, i) => {
    const product = (b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
    return (product(second[i]!) + product(others[0]![i]!) + shift![0]![0]! - scores[i]!) ** 2;
  });
  return costs.reduce((a, b) => a + b) / costs.length;
}

const loss = (
  compute: (batch: ScoreBatch, parameters: Parameters) => LossTerms,
  rest: Partial<ScoreLoss<Parameters>> = {},
): ScoreLoss<Parameters> => ({
  contract: 1,
  reads: "scores",
  name: "tried",
  memory: false,
  parameters: (_, random) => ({ shift: { shape: [1], values: Float32Array.of(random.normal()) } }),
  ...rest,
  compute,
});

async function broken(laws: readonly Law[]): Promise<string[]> {
  const titles: string[] = [];
  for (const law of laws) await law.run().catch(() => titles.push(law.title.replace("tried: ", "")));
  return titles;
}

const changed = (of: (terms: tf.Tensor, batch: ScoreBatch) => tf.Tensor) => (batch: ScoreBatch, parameters: Parameters) => {
  const { terms, counted } = right(batch, parameters);
  return { terms: of(terms, batch), counted };
};
const slope = (by: number) =>
  changed((terms) => tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy) => tf.mul(dy, by) }))(terms));

const wrong: [law: string, loss: ScoreLoss<Parameters>, options?: object][] = [
  ["declares what the trainer asks for", loss(right, { reads: "relations" as never })],
  ["equals its plain-loop oracle", loss(changed((terms) => tf.add(terms, 0.01))), { oracle }],
  ["has the gradient that finite differences have", loss(slope(1.1))],
  ["falls when a step is taken against its gradient", loss(slope(-1)), { detaches: true }],
  [
    "does not depend on the order of pairs",
    loss(
      changed((terms, { first, weights }) =>
        first.shape[0] === 8 && !weights ? tf.mul(terms, tf.add(1, tf.mul(0.1, tf.range(0, 8)))) : terms,
      ),
      { wholeBatch: true },
    ),
  ],
  [
    "takes a pair of weight 0 as left out",
    loss((batch, parameters) => {
      const { weights } = batch;
      const some = weights !== undefined && tf.sum(weights).dataSync()[0] === 7;
      return { ...right(batch, parameters), counted: some ? tf.ones([8]) : (weights ?? tf.ones([batch.first.shape[0]])) };
    }),
  ],
  [
    "counts a pair of weight 2 as two",
    loss((batch, parameters) => ({
      ...right(batch, parameters),
      counted: tf.minimum(1, batch.weights ?? tf.ones([batch.first.shape[0]])),
    })),
  ],
  [
    "is finite, with a finite gradient, at the borders of its domain",
    loss((batch, parameters) => {
      const { first } = batch;
      return right({ ...batch, first: tf.div(first, tf.sqrt(tf.sum(tf.mul(first, first), 1, true))) }, parameters);
    }),
  ],
  [
    "is 0, with gradient 0, where every pair has weight 0",
    loss(right, {
      reducer: {
        name: "mean and what weighs nothing",
        reduce: (terms, counted) => [
          { total: tf.sum(tf.mul(terms, counted)), count: tf.sum(counted) },
          { total: tf.sum(tf.cast(tf.equal(tf.sum(counted), 0), "float32")), count: tf.scalar(1) },
        ],
      },
      wholeBatch: true,
    }),
  ],
  ["adds up over blocks of pairs", loss(changed((terms, { first }) => tf.mul(terms, first.shape[0] < 7 ? 2 : 1)))],
  [
    "shows a NaN instead of hiding it",
    loss(changed((terms, { first }) => (first.dataSync().some(Number.isNaN) ? tf.zerosLike(terms) : terms))),
  ],
  [
    "leaves no tensor behind",
    loss((batch, parameters) => {
      tf.keep(tf.scalar(0));
      return right(batch, parameters);
    }),
  ],
];

describe("scoreLossLaws", () => {
  it("hold for a right loss, with and without an oracle", async () => {
    expect(await broken(scoreLossLaws(loss(right)))).toEqual([]);
    expect(await broken(scoreLossLaws(loss(right), { oracle }))).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by a loss that is wrong in that alone", async (law, one, options) => {
    expect(await broken(scoreLossLaws(one, options))).toEqual([law]);
  });
  it("all have a loss here that breaks them", () => {
    const titles = scoreLossLaws(loss(right), { oracle }).map((law) => law.title.replace("tried: ", ""));
    expect(wrong.map(([law]) => law).sort()).toEqual(titles.sort());
  });
  it("leave the gradient out where the loss detaches and no oracle is given", () => {
    const titles = scoreLossLaws(loss(right), { detaches: true }).map((law) => law.title);
    expect(titles).not.toContain("tried: has the gradient that finite differences have");
  });
});
