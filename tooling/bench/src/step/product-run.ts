import * as tf from "@tensorflow/tfjs-core";
import type { Case, Product } from "./cases.js";

/** The matrix products of a case alone, all in one call of the engine in use. */
export function productRun({ products }: Case) {
  const arrays = new Map<string, tf.Tensor>();
  const operand = (batch: number, rows: number, columns: number) => {
    const shape = batch === 1 ? [rows, columns] : [batch, rows, columns];
    let found = arrays.get(shape.join());
    if (found === undefined) {
      found = tf.keep(tf.randomNormal(shape, 0, 1, "float32", 1));
      found.dataSync();
      arrays.set(shape.join(), found);
    }
    return found;
  };
  const record = ({ batch, m, k, n, transposeA, transposeB }: Product) =>
    tf.matMul(
      transposeA ? operand(batch, k, m) : operand(batch, m, k),
      transposeB ? operand(batch, n, k) : operand(batch, k, n),
      transposeA,
      transposeB,
    );
  const once = () => {
    const start = performance.now();
    tf.tidy(() => {
      const made = products.map(record);
      made[0]!.dataSync();
    });
    return performance.now() - start;
  };
  once();
  return {
    times: (count: number) => Array.from({ length: count }, once),
    gflop: products.reduce((sum, { batch, m, k, n }) => sum + 2 * batch * m * k * n, 0) / 1e9,
  };
}
