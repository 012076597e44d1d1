import * as tf from "@tensorflow/tfjs-core";
import { candidateBlocks } from "./candidate-blocks.js";

/**
 * For each candidate i of an anchor a, how many candidates of a set lie above it in a's ranking, softly: Σ_j over_aj · σ((s_aj − s_ai) / temperature);
 * `[batch, candidates]` for each set. Where i itself is in the set it counts ½.
 * The candidates i are gone through in blocks, and again for the gradient, so nothing cubic is kept: memory is
 * batch · candidates · max(candidates / 64, 4·10⁶ / (batch · candidates)). Time is cubic.
 * @param similarities s, `[batch, candidates]`
 * @param over 0/1 masks of the same shape; constants
 */
export function softCountsAbove(similarities: tf.Tensor2D, over: readonly tf.Tensor2D[], temperature: number): tf.Tensor2D[] {
  const blocks = candidateBlocks(similarities.shape[1], similarities.size);
  /** σ((s_aj − s_ai) / temperature) for a block of i, `[batch, block, candidates]` */
  const isAbove = (s: tf.Tensor2D, start: number, size: number): tf.Tensor3D =>
    tf.sigmoid(tf.div(tf.sub(tf.expandDims(s, 1), tf.expandDims(tf.slice(s, [0, start], [-1, size]), 2)), temperature));
  const sets = tf.stack([...over], 2) as tf.Tensor3D; // [batch, candidates, sets]
  const operation = tf.customGrad<tf.Tensor3D>((input, saver) => {
    const [s, save] = [input as tf.Tensor2D, saver as tf.GradSaveFunc];
    const counts = blocks.map(({ start, size }) => tf.tidy(() => tf.matMul(isAbove(s, start, size), sets))); // sums over j for all sets at once
    save([s, sets]);
    const gradFunc = (dy: tf.Tensor3D, [kept, through]: tf.Tensor[]) => {
      const flows = blocks.map(({ start, size }) =>
        tf.tidy(() => {
          const above = isAbove(kept as tf.Tensor2D, start, size);
          const slope = tf.mul(above, tf.div(tf.sub(1, above), temperature));
          const flow = tf.mul(slope, tf.matMul(tf.slice(dy, [0, start, 0], [-1, size, -1]), through as tf.Tensor3D, false, true));
          return { toOthers: tf.sum(flow, 1), toOwn: tf.sum(flow, 2) };
        }),
      );
      const toOwn = flows.map((flow) => flow.toOwn);
      return tf.sub(tf.addN(flows.map((flow) => flow.toOthers)), tf.concat(toOwn, 1));
    };
    return { value: tf.concat(counts, 1) as tf.Tensor3D, gradFunc };
  });
  const counts = operation(similarities);
  return over.map((_, set) => tf.squeeze<tf.Tensor2D>(tf.slice(counts, [0, 0, set], [-1, -1, 1]), [2]));
}
