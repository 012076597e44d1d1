import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

const [count, dim, rows] = [2048, 384, 40];

describe("rows that are added where they meet", () => {
  beforeAll(() => tf.setBackend("onnxruntime"));

  const rowOf = Int32Array.from({ length: count }, (_, i) => (i * 7) % rows);
  // Whole numbers, so that sums do not depend on the order.
  const numbers = Float32Array.from({ length: count * dim }, (_, i) => (i % 5) + 1);
  const exact = new Float32Array(rows * dim);
  for (const [i, row] of rowOf.entries()) for (let d = 0; d < dim; d++) exact[row * dim + d]! += numbers[i * dim + d]!;

  // Of ONNX Runtime's ScatterND about one run in four loses some, with two threads.
  it.each<[string, (x: tf.Tensor2D, ids: tf.Tensor1D) => tf.Tensor]>([
    ["by segment", (x, ids) => tf.unsortedSegmentSum(x, ids, rows)],
    ["at indices", (x, ids) => tf.scatterND(tf.reshape(ids, [count, 1]), x, [rows, dim])],
    [
      "at indices along two axes",
      (x, ids) =>
        tf.scatterND(tf.cast(tf.stack([tf.floorDiv(ids, tf.scalar(8, "int32")), tf.mod(ids, tf.scalar(8, "int32"))], 1), "int32"), x, [
          5,
          8,
          dim,
        ]),
    ],
    [
      "by the gradient of a gather",
      (x, ids) => tf.grad((table: tf.Tensor) => tf.sum(tf.mul(tf.gather(table, ids), x)))(tf.zeros([rows, dim])),
    ],
  ])("are all there, however many threads work: %s", (_, sums) => {
    const x = tf.tensor2d(numbers, [count, dim]);
    for (let run = 0; run < 20; run++) {
      // Ids that are known only when the graph runs, as those of a batch are.
      const ids = tf.cast(tf.add(tf.tensor1d(rowOf, "int32"), tf.scalar(0, "int32")), "int32") as tf.Tensor1D;
      const received = tf.tidy(() => sums(x, ids).dataSync());
      expect(Buffer.from(received.buffer, received.byteOffset, received.byteLength).equals(Buffer.from(exact.buffer)), `run ${run}`).toBe(
        true,
      );
    }
  });

  it("refuse an index that is outside along its axis, though its row is not", () => {
    const indices = tf.cast(tf.add(tf.tensor2d([0, 9], [1, 2], "int32"), tf.scalar(0, "int32")), "int32") as tf.Tensor2D;
    expect(() => tf.scatterND(indices, tf.tensor1d([1]), [5, 8]).dataSync()).toThrow();
  });
});
