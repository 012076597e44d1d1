import "../src/index.js";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BackendError, configure } from "../src/index.js";
import { currentBackend } from "../src/register.js";
import { quietCpu } from "./agreement.js";

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

function errorOf(fn: () => unknown): BackendError {
  try {
    fn();
  } catch (error) {
    return error as BackendError;
  }
  return expect.unreachable();
}

/** What must hold after every mistake. */
function expectToWork(): void {
  expect(values(tf.tidy(() => tf.add(tf.square(tf.tensor1d([1, 2, 3])), 1)))).toEqual([2, 5, 10]);
}

/** An index that is only known when the graph runs, outside of [0, 2). */
const outside = () => tf.cast(tf.add(tf.tensor1d([9]), 0), "int32");

describe("bad input", () => {
  beforeAll(quietCpu);
  beforeEach(() => tf.setBackend("onnxruntime"));

  it("a tensor larger than memory is refused when it is computed, and costs nothing before", () => {
    const column = tf.tidy(() => tf.add(tf.ones([2 ** 20, 1]), 1) as tf.Tensor2D);
    const product = tf.matMul(column, column, false, true);
    const sum = tf.sum(product);
    sum.dispose();
    const error = errorOf(() => product.dataSync());
    expect(error.code).toBe("OUT_OF_MEMORY");
    expect((error as unknown as Record<symbol, unknown>)[Symbol.for("quaterion.error")]).toBe(true); // as @quaterion/core's are
    expect(error.message).toMatch(/float32 tensor of 1099511627776 elements needs 4096.0 GiB, and this machine has/);
    expectToWork();
    product.dispose();
    expect(values(tf.sum(column))).toEqual([2 ** 21]);
    column.dispose();
    const filled = tf.fill([2 ** 20, 2 ** 20], 0.1);
    expect(errorOf(() => filled.dataSync()).code).toBe("OUT_OF_MEMORY");
    filled.dispose();
    expectToWork();
  });

  it("a graph that ONNX Runtime refuses names the kernels, and stands in nobody's way", () => {
    const backend = currentBackend();
    backend.program.recorder.kernel = "MyKernel";
    const x = backend.program.recorder.leaf("float32", [2], Float32Array.of(1, 2));
    const bad = tf
      .engine()
      .makeTensorFromTensorInfo(backend.infoOf(backend.program.recorder.node("NoSuchOperator", [x], "float32", [2])), backend);
    const error = errorOf(() => bad.dataSync());
    expect(error).toMatchObject({ code: "COMPILE_FAILED" });
    expect(error.message).toMatch(/graph of the kernels MyKernel.*NoSuchOperator/s);
    expectToWork();
    expect(errorOf(() => bad.dataSync()).code).toBe("COMPILE_FAILED");
    bad.dispose();
    expectToWork();
  });

  it("a run that fails says where the operation was recorded, when stacks are kept", () => {
    const fail = () => errorOf(() => tf.tidy(() => tf.gather(tf.tensor1d([1, 2]), outside()).dataSync()));
    expect(fail().message).toMatch(/GatherV2 of shapes \[2\], \[1\].*recordStacks: true/s);
    configure({ recordStacks: true });
    const { message } = fail();
    configure({ recordStacks: false });
    expect(message).toMatch(/GatherV2 of shapes \[2\], \[1\].*\nrecorded\n\s+at .*bad-input\.test\.ts/s);
    expect(message).not.toMatch(/tfjs-core/);
    expectToWork();
  });

  it("a failed step leaves no tensor behind, and the variables as they were", () => {
    const weights = tf.variable(tf.tensor1d([1, 2]));
    const step = (isGood: boolean) =>
      tf.tidy(() => {
        weights.assign(tf.add(weights, isGood ? tf.tensor1d([1, 1]) : tf.gather(tf.tensor1d([1, 2]), tf.tile(outside(), [2]))));
        return values(weights);
      });
    // From the first step on, the variable has data of its own.
    expect(step(true)).toEqual([2, 3]);
    const before = tf.memory();
    const kept = values(weights);
    const copy = tf.clone(weights);
    expect(() => step(false)).toThrow(/GatherV2/);
    expect(values(copy)).toEqual(kept);
    weights.assign(copy);
    copy.dispose();
    expect(step(true)).toEqual([3, 4]);
    expect(tf.memory()).toEqual(before);
    weights.dispose();
  });

  it("a disposed tensor is refused, by reads and by operations", () => {
    const x = tf.square(tf.tensor1d([1, 2]));
    x.dispose();
    expect(() => x.dataSync()).toThrow(/disposed/);
    expect(() => tf.add(x, 1)).toThrow(/disposed/);
    expectToWork();
  });

  it("a read that is under way when its tensor is disposed keeps its values", async () => {
    const x = tf.square(tf.tensor1d([1, 2]));
    const reading = x.data();
    x.dispose();
    expect([...(await reading)]).toEqual([1, 4]);
    const view = tf.square(tf.tensor1d([3, 4]));
    const later = Promise.all([tf.reshape(view, [2, 1]).data(), view.data()]);
    tf.disposeVariables();
    view.dispose();
    expect((await later).map((array) => [...array])).toEqual([
      [9, 16],
      [9, 16],
    ]);
    expectToWork();
  });

  it("wrong options change nothing", () => {
    expect(errorOf(() => configure({ threads: 10_000 }))).toMatchObject({ code: "INVALID_OPTION" });
    expect(errorOf(() => configure({ device: "abacus" as "cpu" }))).toMatchObject({ code: "INVALID_OPTION" });
    expect(errorOf(() => configure({ recordStacks: 1 as unknown as boolean })).message).toMatch(
      /recordStacks must be true or false, received 1/,
    );
    expectToWork();
  });
});
