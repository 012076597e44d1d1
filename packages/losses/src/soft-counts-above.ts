import * as tf from "@tensorflow/tfjs-core";

/** Most numbers of one `[batch, block, candidates]` block, and most blocks: what bounds memory, and the size of the step's graph. */
const blockSize = 2 ** 22;
const mostBlocks = 64;

/**
 * For each candidate i of an anchor a, how many candidates of a set lie above it in a's ranking, softly: Σ_j over_aj · σ((s_aj − s_ai) / temperature);
 * `[batch, candidates]` for each set. Where i itself is in the set it counts ½.
 * The candidates i are gone through in blocks, and again for the gradient, so nothing cubic is kept: memory is
 * batch · candidates · max(candidates / 64, 4·10⁶ / (batch · candidates)). Time is cubic.
 * @param similarities s, `[batch, candidates]`
 * @param over 0/1 masks of the same shape; constants
 */
export function softCountsAbove(similarities: tf.Tensor2D, over: readonly tf.Tensor2D[], temperature: number): tf.Tensor2D[] {
  const [batch, candidates] = similarities.shape;
  const width = Math.min(candidates, Math.max(1, Math.ceil(candidates / mostBlocks), Math.floor(blockSize / (batch * candidates))));
  const blocks = Array.from({ length: Math.ceil(candidates / width) }, (_, i) => i * width).map((start) => ({
    start,
    size: Math.min(width, candidates - start),
  }));
  /** σ((s_aj − s_ai) / temperature) for a block of i, `[batch, block, candidates]` */
  const isAbove = (s: tf.Tensor2D, start: number, size: number): tf.Tensor3D =>
    tf.sigmoid(tf.div(tf.sub(tf.expandDims(s, 1), tf.expandDims(tf.slice(s, [0, start], [-1, size]), 2)), temperature));
  const sets = tf.stack([...over], 2) as tf.Tensor3D; // [batch, candidates, sets]
  const operation = tf.customGrad<tf.Tensor3D>((input, saver) => {
    const [s, save] = [input as tf.Tensor2D, saver as tf.GradSaveFunc];
    const counts = blocks.map(({ start, size }) => tf.matMul(isAbove(s, start, size), sets)); // a product sums over j for all sets at once
    save([s, sets]);
    const gradFunc = (dy: tf.Tensor3D, [kept, through]: tf.Tensor[]) => {
      let ofOthers: tf.Tensor = tf.zerosLike(kept!);
      const ofOwn = blocks.map(({ start, size }) => {
        const above = isAbove(kept as tf.Tensor2D, start, size);
        const slope = tf.mul(above, tf.div(tf.sub(1, above), temperature));
        const flow = tf.mul(slope, tf.matMul(tf.slice(dy, [0, start, 0], [-1, size, -1]), through as tf.Tensor3D, false, true));
        ofOthers = tf.add(ofOthers, tf.sum(flow, 1));
        return tf.sum(flow, 2);
      });
      return tf.sub(ofOthers, tf.concat(ofOwn, 1));
    };
    return { value: tf.concat(counts, 1) as tf.Tensor3D, gradFunc };
  });
  const counts = operation(similarities);
  return over.map((_, set) => tf.squeeze<tf.Tensor2D>(tf.slice(counts, [0, 0, set], [-1, -1, 1]), [2]));
}
