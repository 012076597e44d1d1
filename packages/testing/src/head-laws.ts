import { checkOptions, nonEmptyString, Random } from "@quaterion/core";
import type { Head, InitialTensor } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandOwnGradient } from "./finite-differences.js";
import { demand, demandAllClose, demandFinite, type Law, magnitude } from "./law.js";
import { inScope } from "./loss-run.js";
import { drawRows, type Rows } from "./plain-batch.js";
import { useEngine } from "./use-engine.js";

export interface HeadLawOptions {
  /** TensorFlow.js backend that the laws run on; `"cpu"`. */
  backend?: string | undefined;
}

const inputDim = 6;
type Weights = Readonly<Record<string, InitialTensor>>;

/**
 * What every head must satisfy, for any test runner.
 * @param make makes the same head anew at each call
 */
export function headLaws(make: () => Head, options: HeadLawOptions = {}): Law[] {
  checkOptions("headLaws", options, { backend: nonEmptyString });
  const law = (title: string, check: (head: Head) => void): Law => ({
    title,
    async run() {
      await useEngine(options.backend);
      check(make());
    },
  });
  const weightsOf = (head: Head, seed = 1) => head.weights(inputDim, new Random(seed));
  const rows = drawRows(new Random(2), 4, inputDim);

  return [
    law("declares what the trainer asks for", (head) => {
      demand(head.contract === 1, `\`contract\` is ${head.contract}; expected 1.`);
      demand(head.name.trim() !== "", "`name` must be a text that is not empty.");
      demand(JSON.stringify(JSON.parse(JSON.stringify(head.config))) === JSON.stringify(head.config), "`config` must be JSON.");
      const dim = head.dim(inputDim);
      demand(Number.isSafeInteger(dim) && dim >= 1, `\`dim(${inputDim})\` is ${dim}; expected a whole number of 1 or more.`);
    }),
    law("has weights of the shapes that they say, the same for the same seed", (head) => {
      const again = weightsOf(make());
      for (const [name, { shape, values }] of Object.entries(weightsOf(head))) {
        const size = shape.reduce((product, length) => product * length, 1);
        demand(values.length === size, `Weight ${name} is [${shape}] with ${values.length} values; expected ${size}.`);
        demandFinite(values, `Weight ${name}`);
        demand(
          String(again[name]?.values) === String(values),
          `Weight ${name} begins differently with the same seed; draw from \`random\`.`,
        );
      }
    }),
    law("makes one embedding of its dimension from each vector", (head) => {
      const { shape, values } = output(head, rows, weightsOf(head));
      demand(String(shape) === `4,${head.dim(inputDim)}`, `4 vectors gave [${shape}]; expected [4, ${head.dim(inputDim)}].`);
      demandFinite(values, "The embeddings");
      demandFinite(output(head, [Array.from({ length: inputDim }, () => 0)], weightsOf(head)).values, "The embedding of a zero vector");
    }),
    law("embeds a vector the same whatever else is in the batch", (head) => {
      const together = output(head, rows, weightsOf(head)).values;
      const alone = rows.flatMap((row) => output(head, [row], weightsOf(head)).values);
      demandAllClose(alone, together, 1e-5 * magnitude(together, 1), "The embeddings one by one");
    }),
    law("embeds the same again when it is not training", (head) => {
      const weights = weightsOf(head);
      demandAllClose(
        output(head, rows, weights, 8).values,
        output(head, rows, weights, 9).values,
        0,
        "The embeddings with another random number",
      );
    }),
    law("has the gradient that finite differences have", (head) => {
      // Random weights, so that a head that begins as the identity, or at zero, shows all its slopes.
      const random = new Random(3);
      const weights = Object.fromEntries(
        Object.entries(weightsOf(head)).map(([name, one]) => [name, { ...one, values: one.values.map((x) => x + 0.3 * random.normal()) }]),
      );
      const actual = gradients(head, rows, weights);
      const moved = (flat: readonly number[]) => rows.map((_, i) => flat.slice(i * inputDim, (i + 1) * inputDim));
      demandOwnGradient(actual.inputs, (flat) => score(head, moved(flat), weights), rows.flat(), "Gradient of the inputs");
      for (const [name, one] of Object.entries(weights)) {
        const value = (flat: readonly number[]) => score(head, rows, { ...weights, [name]: { ...one, values: Float32Array.from(flat) } });
        demandOwnGradient(actual.weights[name]!, value, [...one.values], `Gradient of the weight ${name}`);
      }
    }),
    law("leaves no tensor behind", (head) => {
      gradients(head, rows, weightsOf(head));
      const before = tf.memory().numTensors;
      gradients(head, rows, weightsOf(head));
      demand(tf.memory().numTensors === before, `${tf.memory().numTensors - before} more tensors after a step than before.`);
    }),
  ];
}

function apply(head: Head, inputs: tf.Tensor2D, weights: Readonly<Record<string, tf.Tensor>>, seed = 1): tf.Tensor2D {
  return head.apply(inputs, weights, { training: false, random: new Random(seed) });
}

function tensorsOf(weights: Weights): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
}

function output(head: Head, rows: Rows, weights: Weights, seed?: number): { shape: number[]; values: number[] } {
  return inScope(() => {
    const embeddings = apply(head, tf.tensor2d(rows.flat(), [rows.length, inputDim]), tensorsOf(weights), seed);
    return { shape: embeddings.shape, values: [...embeddings.dataSync()] };
  });
}

/** One number that every part of every embedding moves: a sum of squares, each with a weight of its own. */
function scored(embeddings: tf.Tensor2D): tf.Scalar {
  return tf.sum(tf.mul(tf.mul(embeddings, embeddings), tf.reshape(tf.range(1, embeddings.size + 1), embeddings.shape)));
}

function score(head: Head, rows: Rows, weights: Weights): number {
  return inScope(() => scored(apply(head, tf.tensor2d(rows.flat(), [rows.length, inputDim]), tensorsOf(weights))).dataSync()[0]!);
}

function gradients(head: Head, rows: Rows, weights: Weights): { inputs: number[]; weights: Record<string, number[]> } {
  return inScope(() => {
    const names = Object.keys(weights);
    const tensors = tensorsOf(weights);
    const of = tf.grads((...given: tf.Tensor[]) =>
      scored(apply(head, given[0] as tf.Tensor2D, Object.fromEntries(names.map((name, i) => [name, given[i + 1]!])))),
    );
    const [inputs, ...rest] = of([tf.tensor2d(rows.flat(), [rows.length, inputDim]), ...names.map((name) => tensors[name]!)]);
    return { inputs: [...inputs!.dataSync()], weights: Object.fromEntries(names.map((name, i) => [name, [...rest[i]!.dataSync()]])) };
  });
}
