import type { LossTerms, ViewBatch, ViewLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type Law, type PlainParameters, type PlainViewBatch, viewLossLaws } from "./index.js";

type Parameters = { kernel: tf.Tensor };

/** Squared distance of every view's image under a kernel `[dim, dim]` to the first view: right in every respect. */
function right({ views: [first, ...others] }: ViewBatch, { kernel }: Parameters) {
  const squared = others.map((view) => tf.sum(tf.square(tf.sub(tf.matMul(view, kernel as tf.Tensor2D), first!)), 1));
  return { terms: tf.addN(squared) };
}

function oracle({ views: [first, ...others] }: PlainViewBatch, { kernel }: PlainParameters) {
  const costs = first!.map((row, i) =>
    others.reduce(
      (sum, view) => sum + row.reduce((all, x, k) => all + (view[i]!.reduce((image, y, j) => image + y * kernel![j]![k]!, 0) - x) ** 2, 0),
      0,
    ),
  );
  return costs.reduce((a, b) => a + b) / costs.length;
}

const loss = (
  compute: (batch: ViewBatch, parameters: Parameters) => LossTerms,
  rest: Partial<ViewLoss<Parameters>> = {},
): ViewLoss<Parameters> => ({
  contract: 1,
  reads: "views",
  name: "tried",
  memory: false,
  parameters: ({ dim }, random) => ({
    kernel: { shape: [dim, dim], values: Float32Array.from({ length: dim * dim }, () => random.normal() / 3) },
  }),
  ...rest,
  compute,
});

async function broken(laws: readonly Law[]): Promise<string[]> {
  const titles: string[] = [];
  for (const law of laws) await law.run().catch(() => titles.push(law.title.replace("tried: ", "")));
  return titles;
}

const slope = (by: number) => (batch: ViewBatch, parameters: Parameters) => {
  const bent = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy) => tf.mul(dy, by) }));
  return { terms: bent(right(batch, parameters).terms) };
};

const wrong: [law: string, loss: ViewLoss<Parameters>, options?: object][] = [
  ["declares what the trainer asks for", loss(right, { reads: "relations" as never })],
  ["equals its plain-loop oracle", loss((batch, parameters) => ({ terms: tf.add(right(batch, parameters).terms, 0.01) })), { oracle }],
  ["has the gradient that finite differences have", loss(slope(1.1))],
  ["falls when a step is taken against its gradient", loss(slope(-1)), { detaches: true }],
  [
    "does not depend on the order of records",
    loss((batch, parameters) => ({ terms: tf.mul(right(batch, parameters).terms, tf.add(1, tf.range(0, batch.views[0]!.shape[0]))) }), {
      wholeBatch: true,
    }),
  ],
  [
    "is finite, with a finite gradient, at the borders of its domain",
    loss(({ views }, parameters) =>
      right({ views: views.map((view) => tf.div(view, tf.sqrt(tf.sum(tf.mul(view, view), 1, true)))) }, parameters),
    ),
  ],
  [
    "adds up over blocks of records",
    loss((batch, parameters) => ({ terms: tf.mul(right(batch, parameters).terms, batch.views[0]!.shape[0]) })),
  ],
  [
    "shows a NaN instead of hiding it",
    loss((batch, parameters) =>
      batch.views[0]!.dataSync().some(Number.isNaN) ? { terms: tf.zeros([batch.views[0]!.shape[0]]) } : right(batch, parameters),
    ),
  ],
  [
    "leaves no tensor behind",
    loss((batch, parameters) => {
      tf.keep(tf.scalar(0));
      return right(batch, parameters);
    }),
  ],
];

describe("viewLossLaws", () => {
  it("hold for a right loss, with and without an oracle", async () => {
    expect(await broken(viewLossLaws(loss(right)))).toEqual([]);
    expect(await broken(viewLossLaws(loss(right), { oracle }))).toEqual([]);
  });
  it("hold for a loss of two views alone that has no use for one of them, or for its parameters", async () => {
    const length = ({ views: [first] }: ViewBatch) => ({ terms: tf.sum(tf.square(first!), 1) });
    expect(await broken(viewLossLaws(loss(length), { views: [2] }))).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by a loss that is wrong in that alone", async (law, one, options) => {
    expect(await broken(viewLossLaws(one, options))).toEqual([law]);
  });
  it("see a loss that is wrong with three views alone", async () => {
    const two = loss(({ views }, parameters) => right({ views: views.slice(0, 2) }, parameters));
    expect(await broken(viewLossLaws(two, { oracle }))).toEqual([
      "equals its plain-loop oracle",
      "has the gradient that finite differences have",
    ]);
    expect(await broken(viewLossLaws(two, { oracle, views: [2] }))).toEqual([]);
  });
  it("all have a loss here that breaks them", () => {
    const titles = viewLossLaws(loss(right), { oracle }).map((law) => law.title.replace("tried: ", ""));
    expect(wrong.map(([law]) => law).sort()).toEqual(titles.sort());
  });
});
