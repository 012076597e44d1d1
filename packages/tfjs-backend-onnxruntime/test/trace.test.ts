import "../src/index.js";
import * as tf from "@tensorflow/tfjs-core";
import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { traceToOnnx } from "../src/index.js";
import { quietCpu } from "./agreement.js";

type Inputs = Parameters<typeof traceToOnnx>[1];

async function runModel(model: Uint8Array, feeds: Record<string, tf.Tensor>, int64: readonly string[] = []) {
  const session = await ort.InferenceSession.create(model);
  const tensors = Object.entries(feeds).map(([name, tensor]) => {
    const data = tensor.dataSync();
    return [
      name,
      int64.includes(name)
        ? new ort.Tensor(
            "int64",
            BigInt64Array.from(data, (id) => BigInt(id)),
            tensor.shape,
          )
        : new ort.Tensor(tensor.dtype as "float32", data as Float32Array, tensor.shape),
    ];
  });
  return session.run(Object.fromEntries(tensors));
}

/** Checks that the model gives what the function gives, for batches of 1, 3 and 17. */
async function check(fn: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: Inputs) {
  const model = await traceToOnnx(fn, inputs);
  for (const batch of [1, 3, 17]) {
    const feeds = Object.fromEntries(
      inputs.map(({ name, shape, dtype }, at) => {
        const sizes = shape.map((size) => (size === "batch" ? batch : size === "length" ? 5 : (size as number)));
        return [
          name,
          dtype === "int64" || dtype === "int32" ? tf.randomUniform(sizes, 0, 6, "int32", at) : tf.randomNormal(sizes, 0, 1, "float32", at),
        ];
      }),
    );
    const expected = tf.tidy(() => fn(...Object.values(feeds)));
    const { output } = await runModel(
      model,
      feeds,
      inputs.filter(({ dtype }) => dtype === "int64").map(({ name }) => name),
    );
    expect(output!.dims).toEqual(expected.shape);
    const [actual, wanted] = [output!.data as Float32Array, expected.dataSync()];
    for (const [at, number] of wanted.entries()) expect(actual[at]).toBeCloseTo(number, 4);
  }
  return model;
}

describe("traceToOnnx", () => {
  beforeAll(async () => {
    await quietCpu();
    await tf.setBackend("onnxruntime");
  });
  const x = { name: "x", shape: ["batch", 6] };

  it("gives the function's outputs at every batch size: a head with variables", async () => {
    const w = tf.variable(tf.randomNormal([6, 4], 0, 1, "float32", 9), true, "weights");
    const b = tf.variable(tf.ones([4]));
    const model = await check(
      (input) => {
        const y = tf.add(tf.matMul(tf.relu(input) as tf.Tensor2D, w as tf.Tensor2D), b);
        return tf.div(y, tf.norm(y, 2, 1, true));
      },
      [x],
    );
    expect(new TextDecoder("latin1").decode(model)).toContain("weights");
    const session = await ort.InferenceSession.create(model);
    expect(session.outputMetadata[0]).toMatchObject({ name: "output", shape: ["batch", 4] });
  });

  it("follows two symbolic dimensions through reshapes, transposes and masks: attention", async () => {
    const table = tf.variable(tf.randomNormal([7, 8], 0, 1, "float32", 3));
    await check(
      (ids, mask) => {
        const [batch, length] = ids.shape as [number, number];
        const tokens = tf.gather(table, ids); // [batch, length, 8]
        const heads = tf.transpose(tf.reshape(tokens, [batch, length, 2, 4]), [0, 2, 1, 3]);
        const scores = tf.mul(tf.matMul(heads, heads, false, true), 0.5); // [batch, 2, length, length]
        const bias = tf.mul(tf.sub(1, tf.reshape(mask, [batch, 1, 1, length])), -1e4);
        const mixed = tf.matMul(tf.softmax(tf.add(scores, bias)), heads);
        const states = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, length, 8]);
        const weights = tf.expandDims(mask, 2);
        return tf.div(tf.sum(tf.mul(states, weights), 1), tf.add(tf.sum(weights, 1), 1e-6));
      },
      [
        { name: "ids", shape: ["batch", "length"], dtype: "int64" },
        { name: "mask", shape: ["batch", "length"] },
      ],
    );
  });

  it.each<[string, (input: tf.Tensor) => tf.Tensor]>([
    ["ones of the batch's shape", (input) => tf.add(input, tf.ones(input.shape))],
    ["a range as long as the batch", (input) => tf.add(input, tf.reshape(tf.range(1, input.shape[0]! * 2 + 1, 2), [-1, 1]))],
    ["a scalar of the batch's size", (input) => tf.div(tf.sum(input, 0), tf.scalar(input.shape[0]!))],
    ["a number computed from the batch's size", (input) => tf.mul(tf.sum(input, 0), tf.div(1, tf.scalar(input.shape[0]!)))],
    ["a tile along the batch", (input) => tf.mul(tf.tile(tf.tensor2d([[1, 2, 3, 4, 5, 6]]), [input.shape[0]!, 1]), input)],
    ["a slice along the batch", (input) => tf.slice(input, [0, 2], [input.shape[0]!, 3])],
    ["rows joined to the batch", (input) => tf.concat([input, tf.ones([2, 6])], 0)],
    ["a size that is a sum", (input) => tf.concat([tf.concat([input, tf.ones([2, 6])], 0), tf.fill([input.shape[0]! + 2, 1], 3)], 1)],
    ["the batch flattened", (input) => tf.reshape(input, [-1])],
    ["similarities within the batch", (input) => tf.matMul(input as tf.Tensor2D, input as tf.Tensor2D, false, true)],
    ["the input itself", (input) => input],
  ])("follows %s", async (_, fn) => {
    await check(fn, [x]);
  });

  it("leaves no tensor behind, and variables as they were", async () => {
    const w = tf.variable(tf.ones([6, 2]));
    const before = tf.memory();
    await traceToOnnx((input) => tf.matMul(input as tf.Tensor2D, w as tf.Tensor2D), [x]);
    expect(tf.memory()).toEqual(before);
    expect([...w.dataSync()]).toEqual(new Array(12).fill(1));
  });

  it("says which operation reads a value", async () => {
    await expect(traceToOnnx((input) => tf.scalar(input.dataSync()[0]!), [x])).rejects.toMatchObject({ code: "READ_WHILE_TRACING" });
    await expect(traceToOnnx((input) => tf.unique(tf.reshape(input, [-1])).values, [x])).rejects.toThrow(/Unique/);
    expect(tf.add(1, 1).dataSync()[0]).toBe(2);
  });

  it("refuses operations that depend on the batch's size in their number", async () => {
    await expect(traceToOnnx((input) => tf.stack(tf.unstack(input)), [x])).rejects.toMatchObject({ code: "NOT_TRACEABLE" });
  });

  it("works while another backend is chosen, and leaves it chosen", async () => {
    await tf.setBackend("cpu");
    const w = tf.variable(tf.ones([6, 2]));
    const model = await traceToOnnx((input) => tf.matMul(input as tf.Tensor2D, w as tf.Tensor2D), [x]);
    expect(tf.getBackend()).toBe("cpu");
    const { output } = await runModel(model, { x: tf.ones([2, 6]) });
    expect([...(output!.data as Float32Array)]).toEqual([6, 6, 6, 6]);
    await tf.setBackend("onnxruntime");
  });
});
