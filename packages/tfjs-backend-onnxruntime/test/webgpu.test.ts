import "../src/index.js";
import "../src/gradients.js";
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cudaInstalled } from "../src/cuda-installed.js";
import { DeviceMemory } from "../src/device-memory.js";
import { backendInfo, configure, type Device, deviceProblem, traceToOnnx } from "../src/index.js";
import { quietCpu } from "./agreement.js";
import { headStep } from "./head-step.js";
import { webgpuMissing } from "./webgpu-missing.js";

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

/** Reads something else, and so computes all that is alive. */
const runAll = () => values(tf.tidy(() => tf.neg(tf.tensor1d([1, 2]))));

const residentMiB = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;

/** What `run` changes in the counters. */
function spent(run: () => void) {
  const before = backendInfo();
  run();
  const after = backendInfo();
  return {
    runs: after.runs - before.runs,
    compiles: after.compiles - before.compiles,
    uploaded: after.uploadedBytes - before.uploadedBytes,
    downloaded: after.downloadedBytes - before.downloadedBytes,
    device: after.deviceBytes - before.deviceBytes,
  };
}

/** Losses and weights of a short training on a device. */
function trained(device: Device): { losses: number[]; weights: number[] } {
  configure({ device });
  const x = tf.randomNormal([32, 6], 0, 1, "float32", 1);
  const target = tf.tidy(() => tf.sum(x, 1, true));
  const hidden = tf.variable(tf.randomNormal([6, 8], 0, 0.4, "float32", 2) as tf.Tensor2D);
  const output = tf.variable(tf.randomNormal([8, 1], 0, 0.4, "float32", 3) as tf.Tensor2D);
  const optimizer = tf.train.adam(0.01);
  const losses = Array.from({ length: 20 }, () => {
    const predicted = () => tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, hidden)), output);
    const loss = optimizer.minimize(() => tf.mean(tf.square(tf.sub(predicted(), target))), true)!;
    const [value] = loss.dataSync();
    loss.dispose();
    return value!;
  });
  const weights = [...values(hidden), ...values(output)];
  optimizer.dispose();
  tf.dispose([x, target, hidden, output]);
  return { losses, weights };
}

describe.skipIf(webgpuMissing !== undefined)("on WebGPU, the backend", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    await quietCpu();
    await tf.setBackend("onnxruntime");
  });
  beforeEach(() => configure({ device: "webgpu" }));
  afterAll(() => configure({ device: "cpu" }));

  it("trains to the losses and weights of the CPU", () => {
    const expected = trained("cpu");
    const received = trained("webgpu");
    for (const key of ["losses", "weights"] as const)
      for (const [at, number] of expected[key].entries())
        expect(Math.abs(received[key][at]! - number), `${key} ${at}`).toBeLessThan(1e-5 * Math.max(1, Math.abs(number)));
    expect(expected.losses[19]).toBeLessThan(expected.losses[0]! / 2);
  });

  it("sends nothing but numbers to the device after the first steps, and brings back the loss alone, over 1,000 steps", () => {
    const step = headStep({ batch: 4, dim: 4, out: 2 });
    for (let at = 0; at < 4; at++) step();
    const tensors = tf.memory();
    const change = spent(() => {
      for (let at = 0; at < 1000; at++) step();
    });
    // The scale of the logits, Adam's betas and the like: arrays of one element.
    expect(change.uploaded / 1000).toBeLessThan(256);
    expect(change).toMatchObject({ runs: 1000, compiles: 0, downloaded: 4000, device: 0 });
    expect(tf.memory()).toEqual(tensors);
  });

  // A software driver keeps what is on the device in this process.
  it.runIf(process.platform === "linux")("holds no more memory after 1,000 steps", () => {
    const weight = tf.variable(tf.zeros([2 ** 15]));
    const step = () => {
      tf.tidy(() => weight.assign(tf.add(tf.mul(weight, 0.5), 1)));
      return values(tf.tidy(() => tf.max(weight)))[0]!;
    };
    for (let at = 0; at < 50; at++) step();
    const before = residentMiB();
    let last = 0;
    for (let at = 0; at < 1000; at++) last = step();
    expect(last).toBe(2);
    // A copy lost in each step would be 125 MiB.
    expect(residentMiB() - before).toBeLessThan(40);
    weight.dispose();
  });

  it("brings back only what is read, once", () => {
    const x = tf.tensor1d([1, 2, 3, 4]);
    const [kept, read] = [tf.square(x), tf.neg(x)];
    expect(spent(() => values(read)).downloaded).toBe(16);
    expect(spent(() => expect(values(kept)).toEqual([1, 4, 9, 16])).downloaded).toBe(16);
    expect(spent(() => expect(values(kept)).toEqual([1, 4, 9, 16]))).toMatchObject({ downloaded: 0, runs: 0 });
  });

  it("sends an array that a tensor holds at most twice", () => {
    const x = tf.tensor1d(Array.from({ length: 100 }, (_, at) => at));
    const step = () => expect(values(tf.tidy(() => tf.sum(tf.reshape(x, [10, 10])))).at(0)).toBe(4950);
    expect([spent(step).uploaded, spent(step).uploaded, spent(step).uploaded]).toEqual([400, 400, 0]);
    x.dispose();
    runAll();
    // Its buffer is free for the next result of that shape.
    const size = backendInfo().deviceBytes;
    const y = tf.keep(tf.add(tf.range(0, 100), 1));
    runAll();
    expect(backendInfo().deviceBytes).toBe(size);
    y.dispose();
  });

  it("keeps views when the tensor that they were taken from is gone, and then frees their buffer", () => {
    const round = () => {
      const base = tf.add(tf.tensor1d([1, 2]), 0);
      values(tf.add(base, 0));
      // A transpose of a row moves nothing: the result is a view.
      const view = tf.tidy(() => tf.transpose(tf.reshape(base, [1, 2])));
      base.dispose();
      for (let at = 0; at < 3; at++) values(tf.tidy(() => tf.add(tf.tensor1d([7, 8]), at)));
      expect(values(tf.tidy(() => tf.add(view, 0)))).toEqual([1, 2]);
      expect(values(view)).toEqual([1, 2]);
      view.dispose();
      runAll();
    };
    for (let at = 0; at < 3; at++) tf.tidy(round);
    const { device } = spent(() => {
      for (let at = 0; at < 20; at++) tf.tidy(round);
    });
    expect(device).toBe(0);
  });

  it("gives int32 and bool, scalars and odd sizes back as they are", () => {
    const ints = tf.add(tf.tensor1d([1, -2, 3], "int32"), tf.tensor1d([1, 1, 1], "int32"));
    const truths = tf.greater(tf.tensor1d([1, 2, 3, 4, 5]), tf.tensor1d([3, 1, 1, 5, 1]));
    const number = tf.mul(tf.scalar(2), tf.scalar(4));
    runAll();
    expect(values(ints)).toEqual([2, -1, 4]);
    expect(values(truths)).toEqual([0, 1, 1, 0, 1]);
    expect(values(number)).toEqual([8]);
    expect(values(tf.where(truths, tf.zeros([5]), tf.ones([5])))).toEqual([1, 0, 0, 1, 0]);
  });

  it("goes on where it was when the device changes", () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const step = () => tf.tidy(() => weight.assign(tf.mul(weight, 2)));
    const seen: number[][] = [];
    const bytes: number[] = [];
    for (const device of ["webgpu", "cpu", "webgpu", "cpu"] as const) {
      configure({ device });
      step();
      runAll();
      step();
      if (device === "cpu") seen.push(values(weight));
      bytes.push(backendInfo().deviceBytes);
    }
    // What was on the device is freed there.
    expect(bytes[1]).toBeLessThan(bytes[0]!);
    expect(seen).toEqual([
      [16, 32],
      [256, 512],
    ]);
  });

  it("moves tensors to the CPU backend and back", async () => {
    const x = tf.square(tf.tensor1d([1, 2, 3]));
    runAll();
    await tf.setBackend("cpu");
    const y = tf.add(x, 1);
    await tf.setBackend("onnxruntime");
    expect(values(tf.mul(y, x))).toEqual([2, 20, 90]);
  });

  it("gives device values to CPU kernels and to traced models", async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]), true, "on the device");
    tf.tidy(() => weight.assign(tf.add(weight, 1)));
    runAll();
    expect(values(tf.tan(weight))[0]).toBeCloseTo(Math.tan(2), 4);
    tf.tidy(() => weight.assign(tf.add(weight, 1)));
    const model = await traceToOnnx((x) => tf.mul(x, weight), [{ name: "x", shape: ["batch", 2] }]);
    const session = await InferenceSession.create(model);
    const { output } = await session.run({ x: new Tensor("float32", [1, 10], [1, 2]) });
    expect(Array.from(output!.data as Float32Array)).toEqual([3, 40]);
  });

  it("gives what the processor gives where ONNX Runtime's own WebGPU kernels refuse or are wrong", () => {
    const ramp = (...shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return tf.tensor(
        Array.from({ length: size }, (_, at) => ((at * 7) % 23) / 10 - 1),
        shape,
      );
    };
    const gradientOf = (fn: (x: tf.Tensor) => tf.Tensor, ...shape: number[]) => tf.grad((x) => tf.sum(tf.square(fn(x))))(ramp(...shape));
    const programs: Record<string, () => tf.Tensor | tf.Tensor[]> = {
      "positions of maxima": () => Object.values(tf.maxPoolWithArgmax(ramp(1, 4, 4, 2) as tf.Tensor4D, 2, 2, "same")),
      "gradient of a maximum": () => gradientOf((x) => tf.maxPool(x as tf.Tensor4D, 2, 1, "valid"), 1, 4, 4, 2),
      "gradient of an average in three dimensions": () => gradientOf((x) => tf.avgPool3d(x as tf.Tensor5D, 2, 1, "valid"), 1, 3, 3, 3, 2),
      "gradient of a convolution in three dimensions": () =>
        gradientOf((x) => tf.conv3d(x as tf.Tensor5D, ramp(2, 2, 2, 2, 3) as tf.Tensor5D, 1, "same"), 1, 3, 3, 3, 2),
      "gradient of a convolution of single channels": () =>
        gradientOf((x) => tf.depthwiseConv2d(x as tf.Tensor4D, ramp(2, 2, 2, 2) as tf.Tensor4D, 1, "valid"), 1, 4, 4, 2),
      "a filter as large as the image": () => tf.conv2d(ramp(2, 2, 2, 1) as tf.Tensor4D, ramp(2, 2, 1, 3) as tf.Tensor4D, 1, "same"),
      "pictures of another size": () => tf.image.resizeBilinear(ramp(2, 3, 5, 3) as tf.Tensor4D, [5, 4], true),
      "angles of NaN": () => tf.atan2(tf.tensor1d([1, Number.NaN, -3]), tf.tensor1d([Number.NaN, 2, 0.5])),
      "functions outside of their domain": () => {
        const x = tf.tensor1d([Number.NaN, 0.5, 2, -3]);
        return [tf.acosh(x), tf.asinh(x), tf.atanh(x)];
      },
      "many parts": () => [
        ...tf.split(ramp(40, 2), 20),
        ...tf.unstack(ramp(2, 20), 1),
        tf.concat(tf.split(ramp(40, 2), 20)),
        tf.addN(tf.split(ramp(40, 2), 20)),
      ],
      "sine and cosine": () => [tf.sin(tf.linspace(-200, 200, 999)), tf.cos(tf.linspace(-200, 200, 999))],
    };
    for (const [name, program] of Object.entries(programs)) {
      const [expected, received] = (["cpu", "webgpu"] as const).map((device) => {
        configure({ device });
        return tf.tidy(() => [program()].flat().map(values));
      });
      for (const [at, numbers] of expected!.entries())
        for (const [i, number] of numbers.entries()) {
          const other = received![at]![i]!;
          const isSame = Number.isNaN(number) ? Number.isNaN(other) : Math.abs(other - number) < 1e-4 * Math.max(1, Math.abs(number));
          expect(isSame, `${name} ${at}, ${i}: ${other} for ${number}`).toBe(true);
        }
    }
  });

  it("runs a long program that reads nothing", () => {
    const counter = tf.variable(tf.tensor1d([0, 0.5]));
    const { runs } = spent(() => {
      for (let step = 0; step < 6100; step++) tf.tidy(() => counter.assign(tf.add(counter, tf.tensor1d([1, 2]))));
    });
    expect(runs).toBeGreaterThan(0);
    expect(values(counter)).toEqual([6100, 12_200.5]);
  });
});

describe.skipIf(webgpuMissing !== undefined)("memory on the device", () => {
  it.runIf(process.platform === "linux")("is freed beyond the limit of what is kept for later results", () => {
    const memory = new DeviceMemory(0);
    const start = residentMiB();
    for (let at = 0; at < 50; at++) {
      // Another shape each time, so that nothing is used again.
      const tensor = memory.take("float32", [2 ** 20 - at]);
      memory.wait();
      memory.give(tensor);
      expect(memory.bytes).toBe(4 + 4 * (2 ** 20 - at));
    }
    // All 50 buffers would be 200 MiB.
    expect(residentMiB() - start).toBeLessThan(100);
  });
});

describe.skipIf(webgpuMissing === undefined)("without WebGPU, the backend", () => {
  it("says so when the first graph is compiled, and goes on on another device", async () => {
    await tf.setBackend("onnxruntime");
    configure({ device: "webgpu" });
    const x = tf.add(tf.tensor1d([1, 2]), 1);
    expect(() => values(x)).toThrow(expect.objectContaining({ code: "DEVICE_UNAVAILABLE" }));
    expect(() => values(x)).toThrow(/^Device "webgpu" does not start here: .*choose device "cpu"\.$/);
    configure({ device: "cpu" });
    expect(values(x)).toEqual([2, 3]);
  });
});

describe("a device", () => {
  it("is tried in a process of its own, against a limit of time", async () => {
    expect(await deviceProblem("cpu")).toBeUndefined();
    expect(await deviceProblem("cpu", { longestProductMs: 0 })).toMatch(/^slower than a processor: .* takes \d+ ms$/);
    expect(await deviceProblem("cpu", { timeoutMs: 1 })).toBe("its driver did not answer within 1 ms");
  });

  it.skipIf(cudaInstalled())("that is CUDA without ONNX Runtime's provider is refused with what to do", async () => {
    expect(() => configure({ device: "cuda" })).toThrow(expect.objectContaining({ code: "DEVICE_UNAVAILABLE" }));
    expect(() => configure({ device: "cuda" })).toThrow(
      /device "cuda" can't be used: ONNX Runtime's CUDA provider is not installed.*ONNXRUNTIME_NODE_INSTALL=cuda12/,
    );
    expect(await deviceProblem("cuda")).toMatch(/CUDA provider is not installed/);
    expect(backendInfo().device).toBe("cpu");
  });
});
