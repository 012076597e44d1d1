import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BackendError, backendInfo, configure, graphUses, jit, releaseMemory } from "../src/index.js";
import { quietCpu } from "./agreement.js";

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

describe("the backend", () => {
  beforeAll(quietCpu);
  beforeEach(() => tf.setBackend("onnxruntime"));

  it("computes nothing before a read, and nothing twice", () => {
    const before = backendInfo();
    const x = tf.exp(tf.tensor1d([0, 1]));
    expect(backendInfo().runs).toBe(before.runs);
    expect(values(x)[0]).toBe(1);
    values(x);
    expect(backendInfo().runs - before.runs).toBe(1);
  });

  it("computes everything that is alive in one run", () => {
    const x = tf.tensor1d([1, 2, 3]);
    const kept = [tf.square(x), tf.sqrt(x), tf.neg(x)];
    const before = backendInfo().runs;
    values(kept[0]!);
    for (const tensor of kept) values(tensor);
    expect(backendInfo().runs - before).toBe(1);
  });

  it("takes the same operations with other results alive for another graph", () => {
    const x = tf.tensor1d([0, 1]);
    const last = tf.tidy(() => tf.neg(tf.square(x)));
    expect(values(last)).toEqual([-0, -1]);
    const square = tf.square(x);
    const negated = tf.neg(square);
    expect([values(negated), values(square)]).toEqual([
      [-0, -1],
      [0, 1],
    ]);
  });

  it("never computes a disposed tensor", () => {
    const ids = tf.cast(tf.add(tf.tensor1d([9]), 0), "int32");
    tf.gather(tf.tensor1d([1, 2]), ids).dispose(); // out of range: it would fail
    expect(values(tf.add(1, 2))).toEqual([3]);
  });

  it("reads in the middle of a program without changing what follows", () => {
    const middle = tf.tidy(() => {
      const x = tf.add(tf.tensor1d([1, 2]), 1);
      const y = tf.mul(x, 2);
      expect(values(y)).toEqual([4, 6]);
      return tf.add(tf.mul(x, y), tf.reshape(y, [1, 2]));
    });
    expect(values(middle)).toEqual([12, 24]);
  });

  it("keeps what a read returned as it was, whatever runs later", () => {
    const variable = tf.variable(tf.zeros([4]));
    const read: number[][] = [];
    const arrays: Float32Array[] = [];
    for (let step = 1; step <= 5; step++) {
      tf.tidy(() => variable.assign(tf.add(variable, 1)));
      arrays.push(variable.dataSync() as Float32Array);
      read.push(values(variable));
    }
    expect(read.map(([first]) => first)).toEqual([1, 2, 3, 4, 5]);
    expect(arrays.map(([first]) => first)).toEqual([1, 2, 3, 4, 5]);
  });

  it("keeps a view as it was when the tensor that it was taken from is gone", () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    tf.tidy(() => variable.assign(tf.add(variable, 0)));
    tf.memory();
    values(tf.add(variable, 0));
    const view = tf.tidy(() => tf.transpose(tf.reshape(variable, [1, 2])));
    for (let step = 0; step < 4; step++) {
      tf.tidy(() => variable.assign(tf.add(variable, 1)));
      values(tf.sum(variable));
    }
    expect(values(view)).toEqual([1, 2]);
  });

  it("does not see changes of an array after a tensor was made of it", () => {
    const array = Float32Array.of(1, 2);
    const x = tf.add(tf.tensor1d(array), 0);
    array.fill(9);
    expect(values(x)).toEqual([1, 2]);
  });

  it("assigns variables that are read much later, through the cut of a long program", () => {
    const counter = tf.variable(tf.tensor1d([0, 0.5]));
    const before = backendInfo();
    for (let step = 0; step < 9000; step++) tf.tidy(() => counter.assign(tf.add(counter, tf.tensor1d([1, 2]))));
    expect(backendInfo().runs - before.runs).toBeGreaterThan(0);
    expect(values(counter)).toEqual([9000, 18_000.5]);
  });

  it("keeps equal steps equal where a long program is cut", () => {
    const weight = tf.variable(tf.tensor1d([1, 2, 3]));
    const before = backendInfo().compiles;
    const step = () => tf.tidy(() => weight.assign(tf.mul(tf.add(tf.sin(weight), tf.cos(weight)), tf.tensor1d([1, 2, 1]))));
    for (let at = 0; at < 8000; at++) step();
    expect(backendInfo().compiles - before).toBeLessThanOrEqual(3);
  });

  it("shares data between a tensor and its reshapes and clones", () => {
    const before = tf.memory();
    const x = tf.tensor1d([1, 2, 3, 4]);
    const views = [tf.reshape(x, [2, 2]), tf.clone(x), tf.expandDims(x)];
    expect(tf.memory().numDataBuffers - before.numDataBuffers).toBe(1);
    x.dispose();
    expect(values(views[0]!)).toEqual([1, 2, 3, 4]);
    tf.dispose(views);
    expect(tf.memory()).toEqual(before);
  });

  it("frees everything that tidy does not return, and keeps what keep keeps", () => {
    const before = tf.memory().numTensors;
    let kept: tf.Tensor | undefined;
    const result = tf.tidy(() => {
      kept = tf.keep(tf.add(1, 1));
      return tf.mul(kept, 3);
    });
    expect(tf.memory().numTensors - before).toBe(2);
    expect([values(kept!), values(result)]).toEqual([[2], [6]]);
    tf.dispose([kept!, result]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("moves tensors to the CPU backend and back", async () => {
    const x = tf.square(tf.tensor1d([1, 2, 3]));
    const words = tf.tensor1d(["a", "b"]);
    await tf.setBackend("cpu");
    const y = tf.add(x, 1);
    await tf.setBackend("onnxruntime");
    expect(values(tf.mul(y, x))).toEqual([2, 20, 90]);
    expect(words.dataSync()).toEqual(["a", "b"]);
  });

  it("names the kernel and the shapes when a run fails, and goes on", () => {
    const ids = tf.cast(tf.add(tf.tensor1d([9]), 0), "int32");
    const bad = tf.gather(tf.tensor1d([1, 2]), ids);
    const good = tf.add(tf.tensor1d([1, 2]), 1);
    expect(() => bad.dataSync()).toThrow(BackendError);
    expect(() => bad.dataSync()).toThrow(/GatherV2 of shapes \[2\], \[1\]/);
    expect(values(good)).toEqual([2, 3]);
    bad.dispose();
    expect(values(tf.mul(good, 2))).toEqual([4, 6]);
  });

  it("checks gather's indices when they are known", () => {
    expect(() => tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([2], "int32"))).toThrow(/not in \[0, 1\]/);
    expect(() => tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([-1], "int32"))).toThrow(/not in \[0, 1\]/);
  });

  it("gives time and profile", async () => {
    const time = await tf.time(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])));
    expect(time.kernelMs).toBeGreaterThan(0);
    const profile = await tf.profile(() => tf.relu(tf.tensor1d([-1, 1])));
    expect(profile.kernelNames).toEqual(["Relu"]);
  });

  it("drops compiled graphs beyond the limit, and compiles them again", () => {
    configure({ sessionCacheBytes: 0 });
    const [x, y] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 2, 3, 4])];
    for (let round = 0; round < 2; round++) for (const tensor of [x, y]) expect(values(tf.tidy(() => tf.add(tensor, 1)))[0]).toBe(2);
    expect(backendInfo().sessions).toBe(1);
    configure({ sessionCacheBytes: 2 ** 31 });
  });

  it("keeps the working memory of large graphs where there is room; those without share the process's", () => {
    // 60 million numbers each, of which two arrays of 4 MB are alive at once: a quarter of the limit has room for one of these graphs.
    configure({ sessionCacheBytes: 2 ** 25 });
    const [x, y, z] = [tf.ones([1000, 1000]), tf.ones([1000, 1001]), tf.ones([1000, 1002])];
    const chain = (start: tf.Tensor) => {
      const end = tf.tidy(() => Array.from({ length: 60 }).reduce<tf.Tensor>((sum) => tf.sin(tf.mul(sum, 0.5)), start));
      const first = end.dataSync()[0]!;
      end.dispose();
      return first;
    };
    const bytes: number[] = [];
    const first = [x, y, z].map((start) => {
      const before = backendInfo().sessionBytes;
      const result = chain(start);
      bytes.push(backendInfo().sessionBytes - before);
      return result;
    });
    const { compiles, sessions } = backendInfo();
    expect(sessions).toBe(3);
    expect(bytes[0]).toBeGreaterThan(2 ** 22);
    expect(bytes[2]).toBeLessThan(2 ** 20);
    expect([x, y, z].map(chain)).toEqual(first);
    expect(backendInfo().compiles).toBe(compiles);
    configure({ sessionCacheBytes: 2 ** 31 });
  });

  it("lets go of the graphs that were not used since a moment, or of all, and of free buffers; values stay", () => {
    releaseMemory();
    const x = tf.tensor1d([1, 2]);
    const [square, root] = [() => values(tf.square(x)), () => values(tf.sqrt(x))];
    square();
    root();
    const moment = graphUses();
    square();
    const doubled = tf.add(x, x); // not computed yet
    const cosine = tf.cos(tf.ones([5000]));
    values(cosine);
    cosine.dispose();
    const { sessions, compiles } = backendInfo();
    releaseMemory({ unusedSince: moment });
    expect(backendInfo().sessions).toBe(sessions - 1);
    expect([values(doubled), square()]).toEqual([
      [2, 4],
      [1, 4],
    ]);
    const { compiles: compilesAfter } = backendInfo();
    square();
    expect(backendInfo().compiles).toBe(compilesAfter);
    root();
    expect(backendInfo().compiles).toBe(compilesAfter + 1);
    expect(compilesAfter).toBeGreaterThanOrEqual(compiles);
    releaseMemory();
    expect(backendInfo()).toMatchObject({ sessions: 0, sessionBytes: 0 });
    expect([square(), values(doubled)]).toEqual([
      [1, 4],
      [2, 4],
    ]);
  });

  it("a function that was replayed is recorded again where its graph was let go", () => {
    const variable = tf.variable(tf.tensor1d([1, 2]));
    const step = jit((x: tf.Tensor) => {
      variable.assign(tf.add(variable, x));
      return [tf.sum(variable)];
    });
    const run = () => {
      const one = tf.ones([2]);
      const [sum] = step(one);
      const [value] = values(sum!);
      tf.dispose([one, sum!]);
      return value;
    };
    for (let i = 1; i <= 6; i++) expect(run()).toBe(3 + 2 * i);
    expect(step.replays).toBeGreaterThan(0);
    releaseMemory();
    for (let i = 7; i <= 9; i++) expect(run()).toBe(3 + 2 * i);
    step.dispose();
    variable.dispose();
  });

  it("runs with another number of threads", () => {
    configure({ threads: 1 });
    expect(backendInfo()).toMatchObject({ threads: 1, sessions: 0 });
    expect(values(tf.sum(tf.ones([100, 300])))).toEqual([30_000]);
  });

  it.each<[object, RegExp]>([
    [
      { thread: 1 },
      /expected options out of threads, device, sessionCacheBytes, graphFolder, recordStacks, profileFolder, received thread/,
    ],
    [{ threads: 0 }, /from 1 to \d+/],
    [{ threads: 1.5 }, /received 1.5/],
    [{ threads: 100_000 }, /cores of this machine/],
    [{ device: "tpu" }, /cpu, webgpu, cuda, received tpu/],
    [{ sessionCacheBytes: -1 }, /from 0/],
    [{ graphFolder: "no such folder" }, /graphFolder must be a folder that exists, received no such folder/],
    [{ profileFolder: "no such folder" }, /must be a folder that exists, received no such folder/],
  ])("refuses the options %o", (options, message) => {
    expect(() => configure(options)).toThrow(message);
  });
});
