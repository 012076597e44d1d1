import "../src/index.js";
import * as tf from "@tensorflow/tfjs-core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { configure, traceToOnnx } from "../src/index.js";
import { quietCpu } from "./agreement.js";

describe("sine and cosine for WebGPU, run on the processor", () => {
  beforeAll(async () => {
    await quietCpu();
    await tf.setBackend("onnxruntime");
  });
  afterEach(() => configure({ device: "cpu" }));

  it("are those of float64 to float32's rounding, for angles of up to some thousand turns", async () => {
    configure({ device: "webgpu" });
    // Multiples of π/4, where rests are 0 and signs change, their neighbours, and numbers between.
    const turning = Array.from({ length: 400 }, (_, at) => (at - 200) * (Math.PI / 4));
    const angles = Float32Array.from([
      ...turning.flatMap((angle) => [angle - 1e-3, angle, angle + 1e-3]),
      ...Array.from({ length: 2000 }, (_, at) => Math.sin(at) * 10 ** (at % 5)),
      0,
      1e-30,
    ]);
    for (const [name, fn, exact] of [
      ["sin", tf.sin, Math.sin],
      ["cos", tf.cos, Math.cos],
    ] as const) {
      const model = await traceToOnnx((x) => fn(x), [{ name: "x", shape: ["count"] }]);
      const session = await InferenceSession.create(model);
      const { output } = await session.run({ x: new Tensor("float32", angles, [angles.length]) });
      const worst = Math.max(...Array.from(output!.data as Float32Array, (value, at) => Math.abs(value - exact(angles[at]!))));
      // WebGPU's own may be off by 5e-4. The product with a whole number is rounded at the third part of π alone.
      expect(worst, name).toBeLessThan(2e-7);
    }
  });
});
