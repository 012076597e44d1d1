import * as tf from "@tensorflow/tfjs-core";
import { type CandidateBlock, candidateBlocks } from "./candidate-blocks.js";

/** A distance as a function of differences. */
export interface DifferenceNorm {
  /** Lengths of `[batch, block, dim]` differences, `[batch, block]`. */
  lengths(differences: tf.Tensor3D): tf.Tensor2D;
  /** Gradient of each length with respect to its difference, `[batch, block, dim]`; 0 where the difference is. */
  slopes(differences: tf.Tensor3D): tf.Tensor3D;
}

/**
 * Distances that no matrix product gives, `[batch, candidates]`. The differences of all pairs would be batch × candidates × dim numbers: they are
 * made a block of candidates at a time, and again for the gradient, so that memory beyond the result is
 * batch · dim · max(candidates / 64, 4·10⁶ / (batch · dim)) numbers.
 */
export function distancesInBlocks(
  anchors: tf.Tensor2D,
  candidates: tf.Tensor2D,
  norm: DifferenceNorm,
  blocks = candidateBlocks(candidates.shape[0], anchors.size),
): tf.Tensor2D {
  const differences = (a: tf.Tensor, c: tf.Tensor, { start, size }: CandidateBlock): tf.Tensor3D =>
    tf.sub(tf.expandDims(a, 1), tf.expandDims(tf.slice(c, [start, 0], [size, -1]), 0));
  const operation = tf.customGrad<tf.Tensor2D>((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [a, c] = args as tf.Tensor2D[];
    const value = tf.concat(
      blocks.map((block) => norm.lengths(differences(a!, c!, block))),
      1,
    );
    save([a!, c!]);
    const gradFunc = (dy: tf.Tensor2D, [ofAnchors, ofCandidates]: tf.Tensor[]) => {
      const flows = blocks.map((block) => {
        const slopes = norm.slopes(differences(ofAnchors!, ofCandidates!, block));
        const flow = tf.mul(slopes, tf.expandDims(tf.slice(dy, [0, block.start], [-1, block.size]), 2));
        return { toAnchors: tf.sum(flow, 1), toCandidates: tf.neg(tf.sum(flow, 0)) };
      });
      return [tf.addN(flows.map(({ toAnchors }) => toAnchors)), tf.concat(flows.map(({ toCandidates }) => toCandidates))];
    };
    return { value, gradFunc };
  });
  return operation(anchors, candidates);
}
