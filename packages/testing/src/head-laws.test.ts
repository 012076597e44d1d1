import { Random } from "@quaterion/core";
import type { Head } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { headLaws } from "./index.js";

/** tanh(x · kernel): right in every respect. */
const right: Head = {
  contract: 1,
  name: "tried",
  config: { dim: 3 },
  dim: () => 3,
  weights: (inputDim, random) => ({
    kernel: { shape: [inputDim, 3], values: Float32Array.from({ length: inputDim * 3 }, () => 0.3 * random.normal()) },
  }),
  apply: (inputs, weights) => tf.tanh(tf.matMul(inputs, weights["kernel"] as tf.Tensor2D)),
};

const wrong: [law: string, head: Head][] = [
  ["declares what the trainer asks for", { ...right, contract: 2 as never }],
  [
    "has weights of the shapes that they say, the same for the same seed",
    {
      ...right,
      // So faint a bias that only its first values show that they are not drawn from the seed.
      weights: (inputDim, random) => ({
        ...right.weights(inputDim, random),
        bias: { shape: [3], values: new Float32Array(3).map(Math.random) },
      }),
      apply: (inputs, weights, step) => tf.add(right.apply(inputs, weights, step), tf.mul(1e-9, weights["bias"]!)),
    },
  ],
  ["makes one embedding of its dimension from each vector", { ...right, dim: () => 4 }],
  [
    "embeds a vector the same whatever else is in the batch",
    { ...right, apply: (inputs, weights, step) => tf.mul(right.apply(inputs, weights, step), inputs.shape[0]) },
  ],
  [
    "embeds the same again when it is not training",
    {
      ...right,
      // A stand-in for dropout that does not look at `training`; small, so that it is the repeat that shows it.
      apply: (inputs, weights, step) => tf.add(right.apply(inputs, weights, step), tf.scalar(1e-6 * step.random.uniform())),
    },
  ],
  [
    "has the gradient that finite differences have",
    {
      ...right,
      apply(inputs, weights, step) {
        const steep = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor2D), gradFunc: (dy) => tf.mul(dy, 1.2) }));
        return steep(right.apply(inputs, weights, step)) as tf.Tensor2D;
      },
    },
  ],
  [
    "leaves no tensor behind",
    {
      ...right,
      apply(inputs, weights, step) {
        tf.keep(tf.scalar(0));
        return right.apply(inputs, weights, step);
      },
    },
  ],
];

async function broken(head: Head): Promise<string[]> {
  const titles: string[] = [];
  for (const law of headLaws(() => head)) await law.run().catch(() => titles.push(law.title));
  return titles;
}

describe("headLaws", () => {
  it("hold for a right head", async () => {
    expect(await broken(right)).toEqual([]);
    expect(right.weights(2, new Random(1))["kernel"]!.values).toHaveLength(6);
  });
  it.each(wrong)("'%s' is broken by a head that is wrong in that alone", async (law, head) => {
    expect(await broken(head)).toEqual([law]);
  });
  it("all have a head here that breaks them", () => {
    expect(headLaws(() => right).map((law) => law.title)).toEqual(wrong.map(([law]) => law));
  });
});
