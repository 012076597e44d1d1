import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { backendInfo, configure } from "../src/index.js";
import { quietCpu } from "./agreement.js";
import { headStep } from "./head-step.js";

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

describe("TensorFlow.js's engine on this backend", () => {
  beforeAll(quietCpu);
  beforeEach(() => tf.setBackend("onnxruntime"));

  it("counts tensors, data and bytes as the CPU backend does, before and after reads", async () => {
    const counts = async (backend: string) => {
      await tf.setBackend(backend);
      const before = tf.memory();
      const found: number[][] = [];
      const count = () => {
        const { numTensors, numDataBuffers, numBytes } = tf.memory();
        found.push([numTensors - before.numTensors, numDataBuffers - before.numDataBuffers, numBytes - before.numBytes]);
      };
      const x = tf.zeros([100, 3]);
      const y = tf.add(x, tf.ones([3]));
      count();
      const z = tf.reshape(y, [300]);
      const truths = tf.greater(z, 0);
      count();
      values(truths);
      count();
      tf.dispose([x, y, truths]);
      count();
      expect(values(z)[299]).toBe(1);
      z.dispose();
      count();
      return found;
    };
    const received = await counts("onnxruntime");
    expect(received).toEqual(await counts("cpu"));
    expect(received[0]).toEqual([3, 3, 1200 + 12 + 1200]);
    await tf.setBackend("onnxruntime");
    expect(tf.memory().unreliable).toBe(false);
  });

  it("ends scopes, and hands on what they return", () => {
    const before = tf.memory().numTensors;
    tf.engine().startScope();
    const kept = tf.keep(tf.add(1, 2));
    const returned = tf.mul(kept, 2);
    tf.sub(kept, 1);
    tf.engine().endScope(returned);
    expect(tf.memory().numTensors - before).toBe(2);
    expect([values(kept), values(returned)]).toEqual([[3], [6]]);
    tf.dispose([kept, returned]);
  });

  it("profiles what a function makes", async () => {
    const profile = await tf.profile(() => {
      const x = tf.square(tf.tensor1d([1, 2]));
      tf.neg(x);
      return x;
    });
    expect(profile.kernelNames.sort()).toEqual(["Neg", "Square"]);
    expect([profile.newTensors, profile.newBytes]).toEqual([3, 24]);
    expect(profile.kernels.map(({ outputShapes }) => outputShapes)).toEqual([[[2]], [[2]]]);
  });

  it("times the computing, not the recording", async () => {
    const x = tf.ones([512, 512]) as tf.Tensor2D;
    const { kernelMs } = await tf.time(() => tf.tidy(() => void tf.keep(tf.matMul(tf.matMul(x, x), x))));
    expect(kernelMs).toBeGreaterThan(0.2);
  });

  it("checks numbers in debug mode: a NaN is reported by the operation that made it", async () => {
    const isDebug = tf.env().getBool("DEBUG");
    const log = console.log;
    const lines: unknown[] = [];
    console.log = (...parts: unknown[]) => void lines.push(parts.join(" "));
    const warn = console.warn;
    console.warn = (...parts: unknown[]) => void lines.push(parts.join(" "));
    try {
      tf.env().set("DEBUG", true);
      tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", true);
      expect(values(tf.square(tf.tensor1d([1, 2])))).toEqual([1, 4]);
      tf.sqrt(tf.tensor1d([-1])).dataSync();
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      tf.env().set("DEBUG", isDebug);
      tf.env().set("CHECK_COMPUTATION_FOR_ERRORS", isDebug);
      console.log = log;
      console.warn = warn;
    }
    expect(lines.join("\n")).toMatch(/Square/);
    expect(lines.join("\n")).toMatch(/Found NaN in the result of 'Sqrt'/);
  });

  it("drops the compiled graph that was used longest ago", () => {
    const run = (size: number) => values(tf.tidy(() => tf.add(tf.tensor1d(new Array(size).fill(0).map((_, at) => at)), 1)));
    configure({ sessionCacheBytes: 2 ** 31 });
    run(3);
    const { sessionBytes } = backendInfo();
    configure({ sessionCacheBytes: sessionBytes * 2.5 });
    for (const size of [3, 4, 3, 5]) run(size);
    expect(backendInfo().sessions).toBe(2);
    const before = backendInfo().compiles;
    run(3);
    expect(backendInfo().compiles).toBe(before);
    run(4);
    expect(backendInfo().compiles).toBe(before + 1);
    configure({ sessionCacheBytes: 2 ** 31 });
  });

  it("leaves no tensor, no session and no memory behind in 10,000 steps with reads, CPU kernels, moves and failures", async () => {
    const step = headStep({ batch: 4, dim: 4, out: 2 });
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const rest = async (at: number) => {
      tf.tidy(() => {
        tf.cumprod(x, 1).dataSync();
        tf.neg(x);
        if (at % 50 !== 0) return;
        const bad = tf.gather(tf.tensor1d([1, 2]), tf.cast(tf.add(tf.tensor1d([9]), 0), "int32"));
        expect(() => bad.dataSync()).toThrow();
      });
      if (at % 500 !== 0) return;
      await tf.setBackend("cpu");
      tf.tidy(() => tf.square(x).dataSync());
      await tf.setBackend("onnxruntime");
      tf.tidy(() => tf.square(x).dataSync());
    };
    const state = () => ({ ...tf.memory(), sessions: backendInfo().sessions });
    const steps = async (count: number) => {
      for (let at = 0; at < count; at++) {
        step();
        await rest(at);
      }
    };
    // What the garbage collector has not yet collected is no leak.
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const residentBytes = () => {
      collect();
      return process.memoryUsage().rss;
    };
    await steps(2000);
    const before = state();
    const resident = [residentBytes()];
    for (let half = 0; half < 2; half++) {
      await steps(4000);
      resident.push(residentBytes());
    }
    expect(state()).toEqual(before);
    // 4,000 lost graphs of this size would be gigabytes, 4,000 lost tensors of native memory tens of megabytes, in each half. Threads' arenas of
    // memory come once.
    const grown = resident.slice(1).map((bytes, half) => (bytes - resident[half]!) / 2 ** 20);
    expect(Math.min(...grown)).toBeLessThan(24);
  }, 240_000);
});
