import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { supervisedContrastive } from "./supervised-contrastive.js";

describe("supervisedContrastive", () => {
  it("gives the value worked by hand, unknown pairs in neither sum", async () => {
    await useEngine();
    // Unit vectors at 0°, 60°, 90°, 180°; temperature 0.5, so logits are 2 cos. Anchor 0 is similar to 1, dissimilar to 3; 2 is unknown to it.
    // Anchor 0: s01 = 2 · 0.5 = 1, s03 = −2: log(e¹ + e⁻²) − 1 = 1.0485874 − 1 = 0.0485874. Anchor 1: similar to 0 alone: 1 − 1 = 0.
    // Anchors 2 and 3 have no similar sample. Mean over anchors 0 and 1: 0.0242937.
    const h = Math.sqrt(0.75);
    const x = tf.tensor2d([1, 0, 0.5, h, 0, 1, -1, 0], [4, 2]);
    const similar = tf.tensor2d([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [4, 4]);
    const dissimilar = tf.tensor2d([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], [4, 4]);
    const loss = supervisedContrastive({ temperature: 0.5 });
    const value = (e: tf.Tensor) => {
      const r = loss.compute({ anchors: e as tf.Tensor2D, candidates: e as tf.Tensor2D, similar, dissimilar }, {});
      const [ratio] = loss.reducer!.reduce(r.terms, r.counted!);
      return tf.div(ratio!.total, ratio!.count) as tf.Scalar;
    };
    const { value: v, grad } = tf.valueAndGrad(value)(x);
    expect(v.dataSync()[0]).toBeCloseTo(0.0242937, 6);
    expect(grad.dataSync().every(Number.isFinite)).toBe(true);
  });
  it("names an unknown option's nearest", () => {
    expect(() => supervisedContrastive({ temprature: 1 } as object)).toThrow('Did you mean "temperature"?');
  });
});
