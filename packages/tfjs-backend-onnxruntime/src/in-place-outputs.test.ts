import "./index.js";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { writesInPlace } from "./in-place-outputs.js";

describe("outputs", () => {
  it("are written in place by the version of onnxruntime-node that this package depends on", () => {
    expect(writesInPlace()).toBe(true);
  });

  it("are made without a copy of each", async () => {
    await tf.setBackend("onnxruntime");
    const x = tf.randomNormal([1 << 24]);
    tf.tidy(() => tf.neg(x).dataSync());
    const before = process.memoryUsage().arrayBuffers;
    const made = tf.exp(x).dataSync();
    const added = process.memoryUsage().arrayBuffers - before;
    expect(made.byteLength).toBe(2 ** 26);
    expect(added / 2 ** 20).toBeLessThan(100);
    x.dispose();
  });
});
