import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { backendInfo, configure, jit } from "../src/index.js";
import { quietCpu } from "./agreement.js";

const values = (tensor: tf.Tensor | undefined) => Array.from(tensor!.dataSync());

describe("jit", () => {
  beforeAll(quietCpu);
  beforeEach(() => tf.setBackend("onnxruntime"));

  it("replays a function on other inputs, without calling it", () => {
    let calls = 0;
    const f = jit((x: tf.Tensor, y: tf.Tensor) => {
      calls++;
      return [tf.add(tf.mul(x, 2), y), tf.reshape(tf.sub(x, y), [1, 2])];
    });
    for (let i = 0; i < 6; i++) {
      const [sum, difference] = tf.tidy(() => f(tf.tensor1d([i, 1]), tf.tensor1d([10, i])));
      expect(values(sum)).toEqual([2 * i + 10, 2 + i]);
      expect(values(difference)).toEqual([i - 10, 1 - i]);
      expect(difference!.shape).toEqual([1, 2]);
      tf.dispose([sum!, difference!]);
    }
    expect([calls, f.replays]).toEqual([2, 4]);
  });

  it("trains as the function itself does, and leaves nothing behind", () => {
    const train = (wrap: typeof jit) => {
      const w = tf.variable(tf.tensor2d([0.5, -0.25], [2, 1]));
      const m = tf.variable(tf.zeros([2, 1]));
      const step = wrap((x: tf.Tensor, y: tf.Tensor, rate: tf.Tensor) => {
        const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(tf.sub(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), y))), [w]);
        m.assign(tf.add(tf.mul(m, 0.9), grads[w.name]!));
        w.assign(tf.sub(w, tf.mul(m, rate)));
        return [value];
      });
      const losses: number[] = [];
      let tensors = 0;
      for (let i = 0; i < 12; i++) {
        const [loss] = tf.tidy(() => step(tf.tensor2d([i, 1, 2, i], [2, 2]), tf.tensor2d([1, i], [2, 1]), tf.scalar(0.01 / (i + 1))));
        losses.push(values(loss)[0]!);
        loss!.dispose();
        if (i === 3) tensors = tf.memory().numTensors;
      }
      expect(tf.memory().numTensors).toBe(tensors);
      const weights = values(w);
      tf.dispose([w, m]);
      return { losses, weights, replays: (step as { replays?: number }).replays };
    };
    const straight = train(((fn: () => tf.Tensor[]) => fn) as never);
    const replayed = train(jit);
    expect(replayed.replays).toBe(10);
    expect(replayed.losses).toEqual(straight.losses);
    expect(replayed.weights).toEqual(straight.weights);
  });

  it("takes no number of an input for a constant, whatever it is while recording", () => {
    // 1 and 0 are numbers that graphs are otherwise simplified by, and so are arrays of one number.
    const f = jit((x: tf.Tensor, scale: tf.Tensor, power: tf.Tensor, whole: tf.Tensor) => [
      tf.add(tf.pow(tf.mul(x, scale), power), tf.mul(tf.cast(whole, "float32"), tf.add(scale, 1))),
    ]);
    const call = (x: number[], scale: number, power: number, whole: number) =>
      values(tf.tidy(() => f(tf.tensor1d(x), tf.scalar(scale), tf.scalar(power), tf.scalar(whole, "int32")))[0]);
    expect(call([0, 0], 1, 2, 0)).toEqual([0, 0]);
    expect(call([0, 0], 1, 2, 0)).toEqual([0, 0]);
    expect(call([1, 2], 3, 1, 4)).toEqual([19, 22]);
    expect(call([5, 5], 0, 1, 1)).toEqual([1, 1]);
    expect(f.replays).toBe(2);
  });

  it("takes no number of a variable for a constant", () => {
    const w = tf.variable(tf.scalar(1));
    const f = jit((x: tf.Tensor) => [tf.mul(x, w)]);
    const call = () => values(tf.tidy(() => f(tf.tensor1d([1, 2])))[0]);
    call();
    call();
    w.assign(tf.scalar(5));
    expect(call()).toEqual([5, 10]);
    expect(f.replays).toBe(1);
    w.dispose();
  });

  it("leaves tensors alone that share a variable's data when a replay assigns it", () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const f = jit((x: tf.Tensor) => {
      w.assign(tf.add(w, x));
      return [tf.sum(w)];
    });
    const step = () => tf.tidy(() => values(f(tf.tensor1d([1, 1]))[0])[0]);
    expect([step(), step(), step()]).toEqual([5, 7, 9]);
    const before = tf.reshape(w, [2, 1]);
    const { numTensors, numDataBuffers } = tf.memory();
    expect([step(), step()]).toEqual([11, 13]);
    expect(values(before)).toEqual([4, 5]);
    expect(values(w)).toEqual([6, 7]);
    // The older values have a buffer of their own now.
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers: numDataBuffers + 1 });
    expect(f.replays).toBe(3);
    tf.dispose([w, before]);
  });

  it("assigns what has another shape than it was computed in, also where a variable shares its data", () => {
    const train = (wrap: typeof jit) => {
      const [a, b] = tf.tidy(() => [tf.variable(tf.ones([2, 3])), tf.variable(tf.ones([4]))] as const);
      const step = wrap((x: tf.Tensor) => {
        const line = tf.add(tf.concat([tf.reshape(a, [-1]), b]), x);
        const [first, second] = tf.split(line, [6, 4]);
        a.assign(tf.reshape(first!, [2, 3]));
        b.assign(second as tf.Tensor1D);
        return [tf.sum(line)];
      });
      const sums: number[] = [];
      for (let i = 0; i < 8; i++) {
        const shared = i % 3 === 2 ? tf.clone(a) : undefined; // then a replay can't put its result in the variable's place
        const before = values(a);
        const [sum] = tf.tidy(() => step(tf.scalar(i)));
        sums.push(values(sum)[0]!);
        if (shared) expect(values(shared)).toEqual(before);
        tf.dispose([sum!, ...(shared ? [shared] : [])]);
        expect(a.shape).toEqual([2, 3]);
      }
      const weights = [values(a), values(b)];
      const rows = tf.sum(a, 1);
      expect(values(rows)).toHaveLength(2);
      rows.dispose();
      tf.dispose([a, b]);
      return { sums, weights, replays: (step as { replays?: number }).replays };
    };
    const before = tf.memory().numTensors;
    const replayed = train(jit);
    expect(replayed.replays).toBeGreaterThan(4);
    expect(train(((fn: () => tf.Tensor[]) => fn) as never)).toMatchObject({ sums: replayed.sums, weights: replayed.weights });
    expect(tf.memory().numTensors).toBe(before);
  });

  it("goes on calling a function that is never the same twice", () => {
    let calls = 0;
    const f = jit((x: tf.Tensor) => [tf.add(x, tf.scalar(calls++))]);
    for (let i = 0; i < 12; i++) expect(values(tf.tidy(() => f(tf.tensor1d([1, 2])))[0])).toEqual([1 + i, 2 + i]);
    expect([calls, f.replays]).toEqual([12, 0]);
  });

  it("compiles few graphs for a scalar that is never the same twice", () => {
    let calls = 0;
    const f = jit((x: tf.Tensor) => [tf.mul(x, tf.scalar(0.5 + calls++))]);
    const call = () => values(tf.tidy(() => f(tf.tensor1d([1, 2, 3, 4, 5])))[0]);
    const before = backendInfo().compiles;
    for (let i = 0; i < 8; i++) expect(call()).toEqual([1, 2, 3, 4, 5].map((x) => x * (0.5 + i)));
    expect(backendInfo().compiles - before).toBe(5);
  });

  it("tells constants apart though the second lies where the first did", () => {
    let calls = 0;
    const f = jit((x: tf.Tensor) => {
      calls++;
      return [tf.mul(x, tf.tensor1d(Float32Array.from({ length: 5000 }, (_, i) => calls + (i % 3))))];
    });
    for (let call = 1; call <= 12; call++) {
      const [scaled] = tf.tidy(() => f(tf.scalar(2)));
      expect([...scaled!.dataSync().subarray(0, 4)]).toEqual([2 * call, 2 * call + 2, 2 * call + 4, 2 * call]);
      scaled!.dispose();
    }
    expect(f.replays).toBe(0);
  });

  it("goes on calling a function that draws, though it drew the same twice", () => {
    const draws = [1, 1, 1, 2, 1, 3];
    let drawn = 0;
    const f = jit((x: tf.Tensor) => [tf.mul(x, draws[drawn++]!)], { state: () => drawn });
    for (const draw of draws) expect(values(tf.tidy(() => f(tf.tensor1d([1, 2])))[0])).toEqual([draw, 2 * draw]);
  });

  it("goes on calling a function that reads values, or returns what it was given", () => {
    const read = jit((x: tf.Tensor) => [tf.scalar(x.dataSync()[0]! * 2)]);
    const given = jit((x: tf.Tensor) => [x.clone()]);
    for (let i = 0; i < 4; i++) {
      expect(values(tf.tidy(() => read(tf.scalar(i)))[0])).toEqual([2 * i]);
      expect(values(tf.tidy(() => given(tf.scalar(i)))[0])).toEqual([i]);
    }
    expect([read.replays, given.replays]).toEqual([0, 0]);
  });

  it("keeps its constants although their tensors are gone, and frees them with dispose", () => {
    const before = tf.memory().numTensors;
    const table = tf.tensor1d([1, 2, 3, 4]);
    const f = jit((x: tf.Tensor) => [tf.add(x, table)]);
    const call = () => values(tf.tidy(() => f(tf.tensor1d([1, 1, 1, 0])))[0]);
    call();
    call();
    table.dispose();
    // Buffers of this size that are free would be written now.
    for (let i = 0; i < 4; i++) values(tf.tidy(() => tf.exp(tf.tensor1d([9, 9, 9, 8]))));
    expect(call()).toEqual([2, 3, 4, 4]);
    f.dispose();
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(7);
  });

  it("records anew for other shapes, after its graphs were dropped, and where it is differentiated", () => {
    const f = jit((x: tf.Tensor) => [tf.sum(tf.square(x))]);
    const call = (x: number[]) => values(tf.tidy(() => f(tf.tensor1d(x)))[0])[0];
    for (const x of [
      [1, 2],
      [3, 4],
      [0, 1],
      [1, 2, 3],
      [2, 2, 3],
      [1, 1, 2],
    ])
      expect(call(x)).toBe(x.reduce((sum, one) => sum + one * one, 0));
    expect(f.replays).toBe(2);
    configure({});
    expect(call([2, 3])).toBe(13);
    expect(values(tf.grad((x: tf.Tensor) => f(x)[0]!)(tf.tensor1d([1, 2])))).toEqual([2, 4]);
  });

  it("calls the function on another backend", async () => {
    await tf.setBackend("cpu");
    const f = jit((x: tf.Tensor) => [tf.mul(x, 2)]);
    for (let i = 0; i < 3; i++) expect(values(f(tf.tensor1d([i]))[0])).toEqual([2 * i]);
    expect(f.replays).toBe(0);
  });

  it("refuses what is no array of tensors", () => {
    expect(() => jit((() => 1) as never)()).toThrow("jit: the function must return an array of tensors, received number");
    expect(backendInfo().runs).toBeGreaterThan(0);
  });
});
