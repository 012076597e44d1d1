import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { squaredErrors } from "./squared-errors.js";

beforeAll(() => useEngine());

it("are the mean squared differences of both sides, each with its own gradient", () => {
  tf.tidy(() => {
    const teacher = { first: tf.tensor2d([[1, 0]]), second: tf.tensor2d([[0, 0]]) };
    // (2 − 1)² + 3² = 10, over 2; 1² + 2² = 5, over 2. Gradients 2 (x − t) / 2 times what comes back, 10 and 100.
    const rows = [tf.tensor2d([[2, 3]]), tf.tensor2d([[1, -2]])];
    const errors = (first: tf.Tensor, second: tf.Tensor) =>
      squaredErrors({ first: first as tf.Tensor2D, second: second as tf.Tensor2D }, teacher);
    expect(errors(rows[0]!, rows[1]!).arraySync()).toEqual([[5, 2.5]]);
    const [ofFirst, ofSecond] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(tf.tensor2d([[10, 100]]), errors(a, b))))(rows);
    expect(ofFirst!.arraySync()).toEqual([[10, 30]]);
    expect(ofSecond!.arraySync()).toEqual([[100, -200]]);
  });
});
