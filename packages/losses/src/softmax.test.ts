import { classLossLaws, lossValue, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { handClassValue } from "../test/hand-batch.js";
import { dot, meanCrossEntropy } from "../test/plain-math.js";
import { softmax } from "./softmax.js";

describe("softmax", () => {
  for (const bias of [false, true]) {
    const laws = classLossLaws(softmax({ temperature: 0.5, bias }), {
      oracle: (batch, parameters) =>
        meanCrossEntropy(batch, (i) =>
          parameters["prototypes"]!.map((row, c) => (dot(batch.embeddings[i]!, row) + (parameters["bias"]?.[0]?.[c] ?? 0)) / 0.5),
        ),
    });
    for (const law of laws) it(`${law.title}${bias ? ", with a bias" : ""}`, law.run);
  }

  it("gives the value worked by hand", async () => {
    // x = (2, 1), w = (1, 0), (0, 1): logits 2 and 1, halved by temperature 2: log(1 + e^(0.5 − 1)).
    const prototypes = [
      [1, 0],
      [0, 1],
    ];
    expect(await handClassValue(softmax({ temperature: 2 }) as never, [[2, 1]], [0], prototypes)).toBeCloseTo(
      Math.log1p(Math.exp(-0.5)),
      5,
    );
    // With b = (0, 3) the logits are 1 and 2: log(1 + e^(2 − 1)).
    await useEngine();
    const value = tf.tidy(() => {
      const batch = { embeddings: tf.tensor2d([[2, 1]]), classes: tf.tensor1d([0], "int32") };
      return lossValue(softmax({ temperature: 2, bias: true }), batch, {
        prototypes: tf.tensor2d(prototypes),
        bias: tf.tensor1d([0, 3]),
      }).dataSync()[0]!;
    });
    expect(value).toBeCloseTo(Math.log1p(Math.exp(1)), 5);
  });
  it("says which option is wrong", () => {
    expect(() => softmax({ temperature: 0 })).toThrow("`softmax.temperature`");
    expect(() => softmax({ bias: 1 as never })).toThrow("`softmax.bias`");
  });
});
