// A loss and its gradients on our engine, in a process of its own: reads a line of JSON, works, answers with a line of JSON.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { exampleBatch } from "@quaterion/catalogue/example-batch";
import { lossValue } from "@quaterion/testing";
import { backendInfo, configure, jit } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { answerRequests } from "../answer-requests.js";
import { lossCases, matrices, type Size, samplesOfClass } from "./cases.js";

const [folder] = process.argv.slice(2) as [string];

function numbers(name: string, count: number): Float32Array {
  const bytes = readFileSync(join(folder, `${matrices[name] ?? "weights"}.f32`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4 * count));
}

/** One step: the loss and its gradients with respect to embeddings and parameters, all computed, one number read. */
function stepOf(name: string, { rows, dim }: Size): () => Promise<number> {
  const one = lossCases().find((each) => each.name === name)!;
  const { inputs, batch } = exampleBatch(one.loss, { rows, dim, classes: rows / samplesOfClass, pairs: one.pairs }, numbers);
  const names = Object.keys(inputs);
  const given = names.map((each) => {
    const { shape, size } = inputs[each]!;
    // Prototypes are read too, so that the peer has the same; other parameters begin where the loss has them.
    return each === "prototypes" ? tf.tensor(numbers(each, size), shape) : inputs[each]!;
  });
  const run = jit((...tensors: tf.Tensor[]) => {
    const { value, grads } = tf.engine().gradients(
      () => {
        const made = batch(Object.fromEntries(names.map((each, i) => [each, tensors[i]!])));
        return lossValue(one.loss as never, made.batch as never, made.parameters as never) as tf.Scalar;
      },
      tensors,
      undefined,
      true,
    );
    return [value, ...grads.filter((gradient) => gradient)];
  });
  return async () => {
    const results = run(...given);
    const [value] = await results[0]!.data();
    tf.dispose(results);
    return value!;
  };
}

let step: (() => Promise<number>) | undefined;

/** What a line may ask for. */
const commands: Record<string, (request: { name: string; size: Size; count: number }) => Promise<object>> = {
  async prepare({ name, size }) {
    step = stepOf(name, size);
    const before = backendInfo();
    const start = performance.now();
    const loss = await step();
    const firstMs = performance.now() - start;
    const { fallbacks, runs } = backendInfo();
    // A range has no inputs: its elements are made at once.
    const fallen = Object.keys(fallbacks).filter((kernel) => kernel !== "Range" && fallbacks[kernel] !== before.fallbacks[kernel]);
    // Once more, so that what is timed is replayed.
    if (firstMs < 5000) for (let i = 0; i < 2; i++) await step();
    return { loss, firstMs, runs: runs - before.runs, fallbacks: fallen };
  },
  async steps({ count }) {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      await step!();
      times.push(performance.now() - start);
    }
    return { times, peakMiB: process.resourceUsage().maxRSS / 1024 };
  },
  async profile() {
    configure({ profileFolder: "" });
    return {};
  },
};

void answerRequests(commands, async () => {
  configure({ threads: availableParallelism(), profileFolder: process.env["QUATERION_PROFILE"] ?? "" });
  await tf.setBackend("onnxruntime");
  await tf.ready();
});
