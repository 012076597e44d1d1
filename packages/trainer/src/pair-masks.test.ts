import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { pairMasks, relationTensor } from "./pair-masks.js";
import "@tensorflow/tfjs-backend-cpu";

it("similar pairs and dissimilar ones have a mask each, unknown ones none", () => {
  tf.tidy(() => {
    const { similar, dissimilar } = pairMasks(relationTensor(Int8Array.of(0, 1, -1, -1, 0, 1), 2));
    expect(similar.arraySync()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(dissimilar.arraySync()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
  });
});
