import type { PairMasks } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { detach } from "./detach.js";
import { placesIn, runningShares } from "./running-shares.js";
import type { HistogramRange } from "./soft-histograms.js";

/** Most numbers of one `[batch, positives, candidates]` block, and most blocks: what bounds memory, and the size of the step's graph. */
const blockSize = 2 ** 22;
const mostBlocks = 64;

/**
 * For each similar pair (a, p) the sum over its triplets of w · x, `[batch, candidates]`: x = d(a, p) − d(a, n), w the share of all triplets' x that lie
 * at or below the node under x of a soft histogram. The weights w are constants.
 * The triplets are gone through in blocks of positives, twice and again for the gradient, so nothing cubic is kept: memory is
 * batch · candidates · max(candidates / 64, 4·10⁶ / (batch · candidates)). Time is cubic.
 * @param masks with the weight of each anchor, `[batch]`, where there is one
 */
export function weightedTripletGaps(
  distances: tf.Tensor2D,
  masks: PairMasks & { readonly weights?: tf.Tensor1D | undefined },
  range: HistogramRange,
): tf.Tensor2D {
  const [batch, candidates] = distances.shape;
  const width = Math.min(candidates, Math.max(1, Math.ceil(candidates / mostBlocks), Math.floor(blockSize / (batch * candidates))));
  const starts = Array.from({ length: Math.ceil(candidates / width) }, (_, i) => i * width);
  const { similar, dissimilar, weights } = masks;
  /** Which triplets of a block there are, and x of each, `[batch, positives, candidates]`. */
  const blockOf = (start: number, d: tf.Tensor2D, ofSimilar: tf.Tensor2D, ofDissimilar: tf.Tensor2D) => {
    const size = Math.min(width, candidates - start);
    const part = (values: tf.Tensor2D): tf.Tensor3D => tf.expandDims(tf.slice(values, [0, start], [-1, size]), 2);
    const kept: tf.Tensor3D = tf.mul(part(ofSimilar), tf.expandDims(ofDissimilar, 1));
    return { kept, size, gaps: tf.mul(kept, tf.sub(part(d), tf.expandDims(d, 1))) };
  };
  const flat = (values: tf.Tensor): tf.Tensor1D => tf.reshape(values, [-1]);
  const weightsOf = (gaps: tf.Tensor, shares: tf.Tensor1D) => tf.reshape(tf.gather(shares, placesIn(flat(gaps), range).bin), gaps.shape);
  const fixed = detach(distances);
  const blocks = starts.map((start) => {
    const { kept, gaps } = blockOf(start, fixed, similar, dissimilar);
    const weight = flat(weights ? tf.mul(kept, tf.reshape(weights, [-1, 1, 1])) : kept);
    // The running sums of the blocks add up, each times its own weight.
    const own = tf.sum(weight);
    return { sum: tf.mul(own, runningShares(placesIn(flat(gaps), range), weight, range)), own };
  });
  const total = tf.addN(blocks.map(({ own }) => own));
  const running: tf.Tensor1D = tf.div(tf.addN(blocks.map(({ sum }) => sum)), tf.add(total, tf.cast(tf.equal(total, 0), "float32")));
  const operation = tf.customGrad<tf.Tensor2D>((input, save) => {
    const sums = starts.map((start) => {
      const { gaps } = blockOf(start, input as tf.Tensor2D, similar, dissimilar);
      return tf.sum(tf.mul(gaps, weightsOf(gaps, running)), 2);
    });
    // The constants are saved too: the forward pass may dispose them before the gradient is asked for.
    (save as tf.GradSaveFunc)([input as tf.Tensor2D, similar, dissimilar, running]);
    const gradFunc = (dy: tf.Tensor2D, saved: tf.Tensor[]) => {
      const [d, ofSimilar, ofDissimilar, shares] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      let toNegatives: tf.Tensor = tf.zerosLike(d);
      const toPositives = starts.map((start) => {
        const { kept, size, gaps } = blockOf(start, d, ofSimilar, ofDissimilar);
        const flow = tf.mul(tf.mul(kept, weightsOf(gaps, shares)), tf.expandDims(tf.slice(dy, [0, start], [-1, size]), 2));
        toNegatives = tf.sub(toNegatives, tf.sum(flow, 1));
        return tf.sum(flow, 2);
      });
      return tf.add(tf.concat(toPositives, 1), toNegatives);
    };
    return { value: tf.concat(sums, 1) as tf.Tensor2D, gradFunc };
  });
  return operation(distances);
}
