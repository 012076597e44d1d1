import type { PairMasks } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { type CandidateBlock, candidateBlocks } from "./candidate-blocks.js";
import { detach } from "./detach.js";
import { placesIn, runningShares } from "./running-shares.js";
import type { HistogramRange } from "./soft-histograms.js";

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
  const ranges = candidateBlocks(distances.shape[1], distances.size);
  const { similar, dissimilar, weights } = masks;
  /** Which triplets of a block there are, and x of each, `[batch, positives, candidates]`. */
  const blockOf = ({ start, size }: CandidateBlock, d: tf.Tensor2D, ofSimilar: tf.Tensor2D, ofDissimilar: tf.Tensor2D) => {
    const part = (values: tf.Tensor2D): tf.Tensor3D => tf.expandDims(tf.slice(values, [0, start], [-1, size]), 2);
    const kept: tf.Tensor3D = tf.mul(part(ofSimilar), tf.expandDims(ofDissimilar, 1));
    return { kept, gaps: tf.mul(kept, tf.sub(part(d), tf.expandDims(d, 1))) };
  };
  const flat = (values: tf.Tensor): tf.Tensor1D => tf.reshape(values, [-1]);
  const weightsOf = (gaps: tf.Tensor, shares: tf.Tensor1D) => tf.reshape(tf.gather(shares, placesIn(flat(gaps), range).bin), gaps.shape);
  const fixed = detach(distances);
  const blocks = ranges.map((block) =>
    tf.tidy(() => {
      const { kept, gaps } = blockOf(block, fixed, similar, dissimilar);
      const weight = flat(weights ? tf.mul(kept, tf.reshape(weights, [-1, 1, 1])) : kept);
      // The running sums of the blocks add up, each times its own weight.
      const own = tf.sum(weight);
      return { sum: tf.mul(own, runningShares(placesIn(flat(gaps), range), weight, range)), own };
    }),
  );
  const total = tf.addN(blocks.map(({ own }) => own));
  const running: tf.Tensor1D = tf.div(tf.addN(blocks.map(({ sum }) => sum)), tf.add(total, tf.cast(tf.equal(total, 0), "float32")));
  const operation = tf.customGrad<tf.Tensor2D>((input, save) => {
    const sums = ranges.map((block) =>
      tf.tidy(() => {
        const { gaps } = blockOf(block, input as tf.Tensor2D, similar, dissimilar);
        return tf.sum(tf.mul(gaps, weightsOf(gaps, running)), 2);
      }),
    );
    // The constants are saved too: the forward pass may dispose them before the gradient is asked for.
    (save as tf.GradSaveFunc)([input as tf.Tensor2D, similar, dissimilar, running]);
    const gradFunc = (dy: tf.Tensor2D, saved: tf.Tensor[]) => {
      const [d, ofSimilar, ofDissimilar, shares] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      const flows = ranges.map((block) =>
        tf.tidy(() => {
          const { kept, gaps } = blockOf(block, d, ofSimilar, ofDissimilar);
          const flow = tf.mul(tf.mul(kept, weightsOf(gaps, shares)), tf.expandDims(tf.slice(dy, [0, block.start], [-1, block.size]), 2));
          return { toPositives: tf.sum(flow, 2), toNegatives: tf.sum(flow, 1) };
        }),
      );
      const toPositives = flows.map((flow) => flow.toPositives);
      return tf.sub(tf.concat(toPositives, 1), tf.addN(flows.map((flow) => flow.toNegatives)));
    };
    return { value: tf.concat(sums, 1) as tf.Tensor2D, gradFunc };
  });
  return operation(distances);
}
