import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { backendInfo } from "../src/index.js";
import { quietCpu } from "./agreement.js";
import { headStep } from "./head-step.js";

describe("a training step", () => {
  beforeAll(quietCpu);
  beforeEach(() => tf.setBackend("onnxruntime"));

  it.each([false, true])("gives the losses that the CPU backend gives (gated: %s)", async (gated) => {
    const losses = async (backend: string) => {
      await tf.setBackend(backend);
      const step = headStep({ batch: 24, gated });
      return Array.from({ length: 8 }, step);
    };
    const expected = await losses("cpu");
    const received = await losses("onnxruntime");
    for (const [at, loss] of expected.entries()) expect(received[at]).toBeCloseTo(loss, 4);
    expect(expected[7]).toBeLessThan(expected[0]!);
  });

  it("is one run of one graph, compiled no more after the second step", () => {
    const step = headStep({ batch: 16, gated: true });
    step();
    step();
    const before = backendInfo();
    for (let at = 0; at < 10; at++) step();
    const after = backendInfo();
    expect(after.runs - before.runs).toBe(10);
    expect(after.compiles - before.compiles).toBe(0);
    expect(after.fallbacks).toEqual(before.fallbacks);
  });

  it("compiles once: variables that begin as zeros are arrays from the first step on", () => {
    const weight = tf.variable(tf.zeros([3, 2]) as tf.Tensor2D);
    const optimizer = tf.train.adam(0.1);
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const before = backendInfo().compiles;
    for (let at = 0; at < 4; at++) {
      const loss = optimizer.minimize(() => tf.mean(tf.square(tf.sub(tf.matMul(x, weight), 1))), true)!;
      loss.dataSync();
      loss.dispose();
    }
    expect(backendInfo().compiles - before).toBe(1);
  });

  it("leaves no tensor and no session behind in 1,000 steps", () => {
    const step = headStep({ batch: 4, dim: 4, out: 2 });
    step();
    step();
    const before = { ...tf.memory(), sessions: backendInfo().sessions };
    for (let at = 0; at < 1000; at++) step();
    expect({ ...tf.memory(), sessions: backendInfo().sessions }).toEqual(before);
    expect(before.unreliable).toBe(false);
  });
});
