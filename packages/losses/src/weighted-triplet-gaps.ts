import * as tf from "@tensorflow/tfjs-core";
import { afterwards } from "./afterwards.js";
import { type CandidateBlock, candidateBlocks } from "./candidate-blocks.js";
import { detach } from "./detach.js";
import { placesIn, runningShares } from "./running-shares.js";
import type { HistogramRange } from "./soft-histograms.js";

/** What the triplets are made of; the masks are constants. */
export interface WeightedTripletGapsInput {
  /** Distances of anchors and positives, `[batch, positives]`. */
  readonly toPositives: tf.Tensor2D;
  /** Distances of anchors and candidates, `[batch, candidates]`. */
  readonly toNegatives: tf.Tensor2D;
  /** `[batch, positives]` */
  readonly similar: tf.Tensor2D;
  /** `[batch, candidates]` */
  readonly dissimilar: tf.Tensor2D;
  /** Weight of each anchor, `[batch]`. */
  readonly weights?: tf.Tensor1D | undefined;
}

/**
 * For each similar pair (a, p) the sum over its triplets of w · x, `[batch, positives]`: x = d(a, p) − d(a, n), w the share of all triplets' x that lie
 * at or below the node under x of a soft histogram. The weights w are constants.
 * The triplets are gone through in blocks of positives, twice and again for the gradient: memory is batch · candidates · max(positives / 64,
 * 4·10⁶ / (batch · candidates)). Time is batch · positives · candidates.
 */
export function weightedTripletGaps(
  input: WeightedTripletGapsInput,
  range: HistogramRange,
  blocks = candidateBlocks(input.toPositives.shape[1], input.toNegatives.size),
): tf.Tensor2D {
  const { toPositives, toNegatives, similar, dissimilar } = input;
  const shares = sharesOfTriplets({ ...input, toPositives: detach(toPositives), toNegatives: detach(toNegatives) }, blocks, range);
  const operation = tf.customGrad<tf.Tensor2D>((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [own, others] = args as [tf.Tensor2D, tf.Tensor2D];
    const sums = blocks.map((block) =>
      tf.tidy(() => {
        const given = later({ toPositives: own, toNegatives: others, similar, dissimilar }, blocks, shares);
        const { gaps, weights } = weighedBlock(given, block, shares, range);
        return tf.sum<tf.Tensor2D>(tf.mul(gaps, weights), 2);
      }),
    );
    // The constants are saved too: the forward pass may dispose them before the gradient is asked for.
    save([own, others, similar, dissimilar, shares]);
    const gradFunc = (dy: tf.Tensor2D, saved: tf.Tensor[]) => {
      const [positives, negatives, ofSimilar, ofDissimilar] = saved as tf.Tensor2D[];
      const ofPositives: tf.Tensor2D[] = [];
      let ofNegatives: tf.Tensor2D | undefined;
      for (const block of blocks) {
        const last = ofPositives.at(-1);
        const ready = last === undefined ? [dy] : [last, ofNegatives!];
        const flows = tf.tidy(() => {
          const given = { toPositives: positives!, toNegatives: negatives!, similar: ofSimilar!, dissimilar: ofDissimilar! };
          const { weights } = weighedBlock(later(given, blocks, ...ready), block, saved[4] as tf.Tensor1D, range);
          const flow = tf.mul(weights, columns(dy, block));
          return { ofPositives: tf.sum<tf.Tensor2D>(flow, 2), ofNegatives: tf.sum<tf.Tensor2D>(flow, 1) };
        });
        ofPositives.push(flows.ofPositives);
        ofNegatives = ofNegatives === undefined ? flows.ofNegatives : tf.add(ofNegatives, flows.ofNegatives);
      }
      return [tf.concat(ofPositives, 1), tf.neg(ofNegatives!)];
    };
    return { value: tf.concat(sums, 1) as tf.Tensor2D, gradFunc };
  });
  return operation(toPositives, toNegatives);
}

type Triplets = Omit<WeightedTripletGapsInput, "weights">;

/** The triplets, looked at after `done`: block by block. */
function later(triplets: Triplets, blocks: readonly CandidateBlock[], ...done: readonly tf.Tensor[]): Triplets {
  if (blocks.length === 1) return triplets;
  return { ...triplets, toPositives: afterwards(triplets.toPositives, ...done), similar: afterwards(triplets.similar, ...done) };
}

/** Which triplets of a block there are, and x of each, `[batch, block, candidates]`. */
function tripletBlock({ toPositives, toNegatives, similar, dissimilar }: Triplets, block: CandidateBlock) {
  const kept = tf.mul<tf.Tensor3D>(columns(similar, block), tf.expandDims(dissimilar, 1));
  return { kept, gaps: tf.mul<tf.Tensor3D>(kept, tf.sub(columns(toPositives, block), tf.expandDims(toNegatives, 1))) };
}

/** The same, and w of each. */
function weighedBlock(triplets: Triplets, block: CandidateBlock, shares: tf.Tensor1D, range: HistogramRange) {
  const { kept, gaps } = tripletBlock(triplets, block);
  return { gaps, weights: tf.mul(kept, tf.reshape(tf.gather(shares, placesIn(flat(gaps), range).bin), gaps.shape)) };
}

/** The running sum of the soft histogram of all x, as shares. */
function sharesOfTriplets(input: WeightedTripletGapsInput, blocks: readonly CandidateBlock[], range: HistogramRange): tf.Tensor1D {
  let sofar: { readonly running: tf.Tensor1D; readonly total: tf.Scalar } | undefined;
  for (const block of blocks) {
    const before = sofar;
    sofar = tf.tidy(() => {
      const { kept, gaps } = tripletBlock(before ? later(input, blocks, before.running, before.total) : input, block);
      const weight = flat(input.weights ? tf.mul(kept, tf.reshape(input.weights, [-1, 1, 1])) : kept);
      // The running sums of the blocks add up, each times its own weight.
      const own = tf.sum<tf.Scalar>(weight);
      const running = tf.mul<tf.Tensor1D>(own, runningShares(placesIn(flat(gaps), range), weight, range));
      return before ? { running: tf.add(before.running, running), total: tf.add(before.total, own) } : { running, total: own };
    });
  }
  const { running, total } = sofar!;
  return tf.div(running, tf.add(total, tf.cast(tf.equal(total, 0), "float32")));
}

function columns(values: tf.Tensor2D, { start, size }: CandidateBlock): tf.Tensor3D {
  return tf.expandDims(tf.slice(values, [0, start], [-1, size]), 2);
}

function flat(values: tf.Tensor): tf.Tensor1D {
  return tf.reshape(values, [-1]);
}
