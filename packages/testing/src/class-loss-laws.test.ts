import type { ClassBatch, ClassLoss, LossTerms } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { classLossLaws, type Law, type PlainClassBatch, type PlainParameters } from "./index.js";

type Parameters = { kernel: tf.Tensor };

/** Softmax over products with a kernel `[classes, dim]`: right in every respect. */
function right({ embeddings, classes }: ClassBatch, { kernel }: Parameters) {
  const logits = tf.matMul(embeddings, kernel as tf.Tensor2D, false, true);
  const target = tf.oneHot(tf.cast(classes, "int32"), kernel.shape[0]!);
  return { terms: tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(target, logits), 1)) };
}

function oracle({ embeddings, classes }: PlainClassBatch, { kernel }: PlainParameters) {
  const costs = embeddings.map((row, i) => {
    const logits = kernel!.map((weights) => weights.reduce((sum, w, k) => sum + w * row[k]!, 0));
    return Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[classes[i]!]!;
  });
  return costs.reduce((a, b) => a + b) / costs.length;
}

const loss = (
  compute: (batch: ClassBatch, parameters: Parameters) => LossTerms,
  rest: Partial<ClassLoss<Parameters>> = {},
): ClassLoss<Parameters> => ({
  contract: 1,
  reads: "classes",
  name: "tried",
  memory: false,
  parameters: ({ dim, classes }, random) => ({
    kernel: { shape: [classes, dim], values: Float32Array.from({ length: classes * dim }, () => random.normal()) },
  }),
  ...rest,
  compute,
});

async function broken(laws: readonly Law[]): Promise<string[]> {
  const titles: string[] = [];
  for (const law of laws) await law.run().catch(() => titles.push(law.title.replace("tried: ", "")));
  return titles;
}

const slope = (by: number) => (batch: ClassBatch, parameters: Parameters) => {
  const bent = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy) => tf.mul(dy, by) }));
  return { terms: bent(right(batch, parameters).terms) };
};

const wrong: [law: string, loss: ClassLoss<Parameters>, options?: object][] = [
  ["declares what the trainer asks for", loss(right, { reads: "relations" as never })],
  ["equals its plain-loop oracle", loss((batch, parameters) => ({ terms: tf.add(right(batch, parameters).terms, 0.01) })), { oracle }],
  ["has the gradient that finite differences have", loss(slope(1.1))],
  ["falls when a step is taken against its gradient", loss(slope(-1)), { detaches: true }],
  [
    "does not depend on the order of rows",
    loss((batch, parameters) => ({ terms: tf.mul(right(batch, parameters).terms, tf.add(1, tf.range(0, batch.embeddings.shape[0]))) }), {
      wholeBatch: true,
    }),
  ],
  [
    "is finite, with a finite gradient, at the borders of its domain",
    loss((batch, parameters) => {
      const { embeddings } = batch;
      return right({ ...batch, embeddings: tf.div(embeddings, tf.sqrt(tf.sum(tf.mul(embeddings, embeddings), 1, true))) }, parameters);
    }),
  ],
  [
    "adds up over blocks of rows",
    loss((batch, parameters) => ({ terms: tf.mul(right(batch, parameters).terms, batch.embeddings.shape[0]) })),
  ],
  [
    "shows a NaN instead of hiding it",
    loss((batch, parameters) =>
      batch.embeddings.dataSync().some(Number.isNaN) ? { terms: tf.zeros([batch.embeddings.shape[0]]) } : right(batch, parameters),
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

describe("classLossLaws", () => {
  it("hold for a right loss, with and without an oracle", async () => {
    expect(await broken(classLossLaws(loss(right)))).toEqual([]);
    expect(await broken(classLossLaws(loss(right), { oracle }))).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by a loss that is wrong in that alone", async (law, one, options) => {
    expect(await broken(classLossLaws(one, options))).toEqual([law]);
  });
  it("all have a loss here that breaks them", () => {
    const titles = classLossLaws(loss(right), { oracle }).map((law) => law.title.replace("tried: ", ""));
    expect(wrong.map(([law]) => law).sort()).toEqual(titles.sort());
  });
});
