import { checkOptions, InvalidArgumentError, nonEmptyString, Random } from "@quaterion/core";
import type { HostBatch, TraceToOnnx, TrainableEncoder, WeightValues } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandOwnGradient } from "./finite-differences.js";
import { demand, demandAllClose, demandFinite, type Law, magnitude } from "./law.js";
import { inScope } from "./loss-run.js";
import { useEngine } from "./use-engine.js";

export interface TrainableEncoderLawOptions {
  /** TensorFlow.js backend that the laws run on; `"cpu"`. */
  backend?: string | undefined;
}

const still = { training: false, random: new Random(0) };
const shaking = (seed: number) => ({ training: true, random: new Random(seed) });

/**
 * What every encoder that is trained must satisfy, for any test runner.
 * @param make makes the same encoder anew at each call
 * @param values at least two, no two of which have equal content
 * @throws {InvalidArgumentError} when there are fewer than two values
 */
export function trainableEncoderLaws<Value>(
  make: () => TrainableEncoder<Value> | Promise<TrainableEncoder<Value>>,
  values: readonly Value[],
  options: TrainableEncoderLawOptions = {},
): Law[] {
  checkOptions("trainableEncoderLaws", options, { backend: nonEmptyString });
  if (values.length < 2) throw new InvalidArgumentError(`\`values\` must be two or more; received ${values.length}.`);
  const law = (title: string, check: (encoder: TrainableEncoder<Value>) => void | Promise<void>): Law => ({
    title,
    async run() {
      await useEngine(options.backend);
      await check(await (await make()).ready(values, { trace: traced }));
    },
  });
  const weightsOf = (encoder: TrainableEncoder<Value>) => encoder.weights(new Random(1));

  return [
    law("declares what the trainer asks for", async (encoder) => {
      demand(encoder.contract === 1, `\`contract\` is ${encoder.contract}; expected 1.`);
      demand(encoder.name.trim() !== "", "`name` must be a text that is not empty.");
      demand(JSON.stringify(JSON.parse(JSON.stringify(encoder.config))) === JSON.stringify(encoder.config), "`config` must be JSON.");
      demand(Number.isSafeInteger(encoder.dim) && encoder.dim >= 1, `\`dim\` is ${encoder.dim}; expected a whole number of 1 or more.`);
      demand(encoder.learningRate > 0, `\`learningRate\` is ${encoder.learningRate}; expected a number above 0.`);
      const other = await (await make()).ready(values);
      demand(/^[0-9a-f]+$/.test(encoder.fingerprint), `\`fingerprint\` is "${encoder.fingerprint}"; expected hexadecimal digits.`);
      demand(other.fingerprint === encoder.fingerprint, "The same encoder made twice has two fingerprints.");
    }),
    law("has weights of the shapes that they say, the same for the same seed, none of them a constant too", (encoder) => {
      const again = weightsOf(encoder);
      const weights = weightsOf(encoder);
      demand(Object.keys(weights).length > 0, "`weights` gives nothing to train.");
      for (const [name, { shape, values: numbers }] of Object.entries({ ...weights, ...encoder.constants })) {
        const size = shape.reduce((product, length) => product * length, 1);
        demand(numbers.length === size, `${name} is [${shape}] with ${numbers.length} values; expected ${size}.`);
        demandFinite(numbers, name);
      }
      for (const [name, { values: numbers }] of Object.entries(weights)) {
        demandAllClose(again[name]!.values, numbers, 0, `${name} with the same seed`);
        demand(!Object.hasOwn(encoder.constants, name), `${name} is a weight and a constant.`);
      }
    }),
    law("makes one finite vector of its dimension from each value", async (encoder) => {
      const { shape, numbers } = await vectorsOf(encoder, values, weightsOf(encoder));
      demand(
        `${shape}` === `${[values.length, encoder.dim]}`,
        `${values.length} values gave [${shape}]; expected [${values.length}, ${encoder.dim}].`,
      );
      demandFinite(numbers, "The vectors");
    }),
    law("gives a value the same vector whatever else is in the batch", async (encoder) => {
      const weights = weightsOf(encoder);
      const together = (await vectorsOf(encoder, values, weights)).numbers;
      const alone: number[] = [];
      for (const value of values) alone.push(...(await vectorsOf(encoder, [value], weights)).numbers);
      demandAllClose(alone, together, 1e-5 * magnitude(together), "The vectors one by one");
    }),
    law("draws from the step's generator alone, and only in training", async (encoder) => {
      const weights = weightsOf(encoder);
      const vectors = async (seed?: number) => (await vectorsOf(encoder, values, weights, seed)).numbers;
      demandAllClose(await vectors(), await vectors(), 0, "The vectors again, without training");
      demandAllClose(await vectors(5), await vectors(5), 0, "The vectors of a step, with the generator as it was");
    }),
    law("has the gradient that finite differences have", async (encoder) => {
      const random = new Random(3);
      // Moved a little, so that what begins at zero shows its slope too.
      const weights = Object.entries(weightsOf(encoder)).map(
        ([name, one]) => [name, { ...one, values: one.values.map((value) => value + 0.02 * random.normal()) }] as const,
      );
      const flat = weights.flatMap(([, one]) => [...one.values]);
      const shaped = (numbers: readonly number[]): WeightValues => {
        let start = 0;
        const part = (size: number) => {
          start += size;
          return Float32Array.from(numbers.slice(start - size, start));
        };
        return Object.fromEntries(weights.map(([name, { shape, values: own }]) => [name, { shape, values: part(own.length) }]));
      };
      const batch = await encoder.prepare(values, still);
      const gradient = gradientOf(encoder, batch, Object.fromEntries(weights));
      demandOwnGradient(gradient, (at) => scoreOf(encoder, batch, shaped(at)), flat, "Gradient of the weights");
    }),
    law("freezes into an encoder with the vectors that it trains on", async (encoder) => {
      const random = new Random(4);
      const weights = Object.fromEntries(
        Object.entries(weightsOf(encoder)).map(([name, one]) => [
          name,
          { ...one, values: one.values.map((v) => v + 0.02 * random.normal()) },
        ]),
      );
      const trained = (await vectorsOf(encoder, values, weights)).numbers;
      const frozen = await encoder.freeze(weights, traced);
      demand(frozen.dim === encoder.dim, `The frozen encoder's dim is ${frozen.dim}; expected ${encoder.dim}.`);
      demandAllClose(await frozen.encode(values), trained, 1e-4 * magnitude(trained), "The frozen encoder's vectors");
      const other = await encoder.freeze(weightsOf(encoder), traced);
      demand(
        other.fingerprint !== frozen.fingerprint,
        "Two frozen encoders of other weights have one fingerprint: a cache would mix their vectors.",
      );
    }),
    law("leaves no tensor behind", async (encoder) => {
      const weights = weightsOf(encoder);
      const batch = await encoder.prepare(values, still);
      gradientOf(encoder, batch, weights);
      const before = tf.memory().numTensors;
      gradientOf(encoder, batch, weights);
      demand(tf.memory().numTensors === before, `${tf.memory().numTensors - before} more tensors after a step than before.`);
    }),
  ];
}

const traced: TraceToOnnx = async (fn, weights, inputs, metadata) => {
  const { traceToOnnx } = await import("@quaterion/tfjs-backend-onnxruntime");
  const before = tf.getBackend();
  await tf.setBackend("onnxruntime");
  const constants = weightTensors(weights);
  try {
    return await traceToOnnx((...tensors) => fn(constants, ...tensors), inputs, { metadata });
  } finally {
    tf.dispose(constants);
    await tf.setBackend(before);
  }
};

function weightTensors(weights: WeightValues): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, { shape, values }]) => [name, tf.tensor(values.slice(), [...shape])]));
}

function batchTensors(batch: HostBatch): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, [...shape], data instanceof Int32Array ? "int32" : data instanceof Uint8Array ? "bool" : "float32"),
    ]),
  );
}

/** @param seed of a training step; none where absent */
async function vectorsOf<Value>(encoder: TrainableEncoder<Value>, values: readonly Value[], weights: WeightValues, seed?: number) {
  const batch = await encoder.prepare(values, seed === undefined ? still : shaking(seed));
  return inScope(() => {
    const vectors = encoder.apply(batchTensors(batch), weightTensors({ ...encoder.constants, ...weights }));
    return { shape: vectors.shape, numbers: [...vectors.dataSync()] };
  });
}

/** One number that every part of every vector moves: a sum of squares, each with a weight of its own. */
function scored(vectors: tf.Tensor2D): tf.Scalar {
  return tf.sum(tf.mul(tf.mul(vectors, vectors), tf.reshape(tf.sin(tf.range(1, vectors.size + 1)), vectors.shape)));
}

function scoreOf<Value>(encoder: TrainableEncoder<Value>, batch: HostBatch, weights: WeightValues): number {
  return inScope(() => {
    return scored(encoder.apply(batchTensors(batch), weightTensors({ ...encoder.constants, ...weights }))).dataSync()[0]!;
  });
}

function gradientOf<Value>(encoder: TrainableEncoder<Value>, batch: HostBatch, weights: WeightValues): number[] {
  return inScope(() => {
    const tensors = batchTensors(batch);
    const constants = weightTensors(encoder.constants);
    const names = Object.keys(weights);
    const of = tf.grads((...given: tf.Tensor[]) =>
      scored(encoder.apply(tensors, { ...constants, ...Object.fromEntries(names.map((name, i) => [name, given[i]!])) })),
    );
    return of(Object.values(weightTensors(weights))).flatMap((gradient) => [...gradient.dataSync()]);
  });
}
