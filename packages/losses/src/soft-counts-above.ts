import * as tf from "@tensorflow/tfjs-core";
import { afterwards } from "./afterwards.js";
import { candidateBlocks } from "./candidate-blocks.js";

/** What is counted above what. */
export interface Ranking {
  /** Similarities of anchors and what is to be ranked, `[batch, ranked]`. */
  readonly of: tf.Tensor2D;
  /** Similarities of anchors and candidates, `[batch, candidates]`. */
  readonly among: tf.Tensor2D;
}

/**
 * For each i that is ranked, how many candidates of a set lie above it in the anchor's ranking, softly: Σ_j over_aj · σ((s_aj − s_ai) / temperature);
 * `[batch, ranked]` for each set. Where i itself is in the set it counts ½.
 * They are gone through in blocks, and again for the gradient: memory is batch · candidates · max(ranked / 64, 4·10⁶ / (batch · candidates)).
 * Time is batch · ranked · candidates.
 * @param over 0/1 masks `[batch, candidates]`; constants
 */
export function softCountsAbove(
  { of, among }: Ranking,
  over: readonly tf.Tensor2D[],
  temperature: number,
  blocks = candidateBlocks(of.shape[1], among.size),
): tf.Tensor2D[] {
  /** σ(s_aj − s_ai) for a block of i, `[batch, block, candidates]` */
  const isAbove = (own: tf.Tensor2D, s: tf.Tensor2D, start: number, size: number): tf.Tensor3D =>
    tf.sigmoid(tf.sub(tf.expandDims(s, 1), tf.expandDims(tf.slice(own, [0, start], [-1, size]), 2)));
  const sets = tf.stack([...over], 2) as tf.Tensor3D; // [batch, candidates, sets]
  const operation = tf.customGrad<tf.Tensor3D>((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [own, s] = args as [tf.Tensor2D, tf.Tensor2D];
    const counts = blocks.map(({ start, size }) => tf.tidy(() => tf.matMul(isAbove(own, s, start, size), sets))); // sums over j for all sets at once
    save([own, s, sets]);
    const gradFunc = (dy: tf.Tensor3D, saved: tf.Tensor[]) => {
      const [ranked, others, through] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor3D];
      const toOwn: tf.Tensor2D[] = [];
      let toOthers: tf.Tensor2D | undefined;
      for (const { start, size } of blocks) {
        const last = toOwn.at(-1);
        const ready = last === undefined ? [dy] : [last, toOthers!];
        const flows = tf.tidy(() => {
          const later = <T extends tf.Tensor>(values: T) => (blocks.length === 1 ? values : afterwards(values, ...ready));
          const above = isAbove(later(ranked), others, start, size);
          const slope = tf.mul(above, tf.sub(1, above));
          const flow = tf.mul(slope, tf.matMul(later(tf.slice(dy, [0, start, 0], [-1, size, -1])), through, false, true));
          return { toOthers: tf.sum<tf.Tensor2D>(flow, 1), toOwn: tf.sum<tf.Tensor2D>(flow, 2) };
        });
        toOwn.push(flows.toOwn);
        toOthers = toOthers === undefined ? flows.toOthers : tf.add(toOthers, flows.toOthers);
      }
      return [tf.neg(tf.concat(toOwn, 1)), toOthers!];
    };
    return { value: tf.concat(counts, 1) as tf.Tensor3D, gradFunc };
  });
  const counts = operation(tf.div(of, temperature), tf.div(among, temperature));
  return over.map((_, set) => tf.squeeze<tf.Tensor2D>(tf.slice(counts, [0, 0, set], [-1, -1, 1]), [2]));
}
