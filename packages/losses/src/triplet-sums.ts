import * as tf from "@tensorflow/tfjs-core";
import type { Miner } from "./miner.js";

/** Most numbers of one `[batch, positives, candidates]` block, and most blocks: what bounds memory, and the size of the step's graph. */
const blockSize = 2 ** 22;
const mostBlocks = 64;

export interface TripletSumsOptions {
  readonly margin: number;
  readonly soft: boolean;
  /** Count only the triplets whose loss is above 0. */
  readonly active: boolean;
  readonly miner: Miner;
}

/** What the triplets are made of; all but the distances are constants. */
export interface TripletSumsInput {
  /** `[batch, candidates]` */
  readonly distances: tf.Tensor2D;
  readonly similar: tf.Tensor2D;
  readonly dissimilar: tf.Tensor2D;
  /** For swap: distances from positive to negative, `[candidates, candidates]`, far where that pair is not dissimilar. */
  readonly among?: tf.Tensor2D;
}

/**
 * For each anchor a and similar candidate p, over the triplets (a, p, n) that the miner keeps: the sum of max(0, x) (soft: log(1 + eˣ)) with
 * x = d(a, p) − d(a, n) + margin, and how many there are; with `among`, d(a, n) is the lesser of d(a, n) and d(p, n). Both `[batch, candidates]`.
 *
 * The triplets are gone through in blocks of positives, and again for the gradient, so nothing cubic is kept: memory is
 * batch · candidates · max(candidates / 64, 4·10⁶ / (batch · candidates)). Time is cubic.
 */
export function tripletSums(input: TripletSumsInput, options: TripletSumsOptions): { sums: tf.Tensor2D; counts: tf.Tensor2D } {
  const [batch, candidates] = input.distances.shape;
  const width = Math.min(candidates, Math.max(1, Math.ceil(candidates / mostBlocks), Math.floor(blockSize / (batch * candidates))));
  const starts = Array.from({ length: Math.ceil(candidates / width) }, (_, i) => i * width);
  const operation = tf.customGrad<tf.Tensor3D>((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [distances, among] = args as tf.Tensor2D[];
    const blocks = starts.map((start) => {
      const { kept, excess } = tripletBlock(distances!, input.similar, input.dissimilar, among, start, width, options);
      const losses = tf.mul(kept, options.soft ? tf.softplus(excess) : tf.relu(excess));
      const counts = options.active && !options.soft ? tf.mul(kept, tf.cast(tf.greater(excess, 0), "float32")) : kept;
      return tf.stack([tf.sum(losses, 2), tf.sum(counts, 2)]); // [2, batch, width]
    });
    save([distances!, input.similar, input.dissimilar, ...(among ? [among] : [])]);
    const gradFunc = (dy: tf.Tensor3D, [d, similar, dissimilar, e]: tf.Tensor[]) => {
      const ofSums = tf.squeeze<tf.Tensor2D>(tf.slice(dy, [0, 0, 0], [1, -1, -1]), [0]);
      return tripletGradients(ofSums, [d, similar, dissimilar, e] as tf.Tensor2D[], starts, width, options);
    };
    return { value: tf.concat(blocks, 2) as tf.Tensor3D, gradFunc };
  });
  const [sums, counts] = tf.unstack(input.among ? operation(input.distances, input.among) : operation(input.distances));
  return { sums: sums as tf.Tensor2D, counts: counts as tf.Tensor2D };
}

/** One block of triplets: which are kept, and x of each, `[batch, positives, candidates]`. */
function tripletBlock(
  distances: tf.Tensor2D,
  similar: tf.Tensor2D,
  dissimilar: tf.Tensor2D,
  among: tf.Tensor2D | undefined,
  start: number,
  width: number,
  { margin, miner }: TripletSumsOptions,
) {
  const size = Math.min(width, distances.shape[1] - start);
  const toPositives = tf.expandDims<tf.Tensor3D>(tf.slice(distances, [0, start], [-1, size]), 2);
  const toNegatives = tf.expandDims<tf.Tensor3D>(distances, 1);
  const gaps: tf.Tensor3D = tf.sub(toNegatives, toPositives);
  const allowed: tf.Tensor3D = tf.mul(tf.expandDims(tf.slice(similar, [0, start], [-1, size]), 2), tf.expandDims(dissimilar, 1));
  const kept = miner.triplets ? miner.triplets(gaps, allowed) : allowed;
  if (!among) return { kept, excess: tf.sub(margin, gaps), swapped: undefined };
  const acrosses = tf.expandDims<tf.Tensor3D>(tf.slice(among, [start, 0], [size, -1]), 0);
  const excess = tf.sub(tf.add(toPositives, margin), tf.minimum(toNegatives, acrosses));
  return { kept, excess, swapped: tf.cast(tf.less(acrosses, toNegatives), "float32") };
}

/** Gradients of the sums with respect to the distances and, with swap, to those among candidates. */
function tripletGradients(
  dy: tf.Tensor2D,
  [distances, similar, dissimilar, among]: tf.Tensor2D[],
  starts: readonly number[],
  width: number,
  options: TripletSumsOptions,
): tf.Tensor[] {
  const toPositives: tf.Tensor2D[] = [];
  const toAcrosses: tf.Tensor2D[] = [];
  let toNegatives: tf.Tensor = tf.zerosLike(distances!);
  for (const start of starts) {
    const { kept, excess, swapped } = tripletBlock(distances!, similar!, dissimilar!, among, start, width, options);
    const slope = options.soft ? tf.sigmoid(excess) : tf.cast(tf.greater(excess, 0), "float32");
    const size = slope.shape[1]!;
    const flow = tf.mul(tf.mul(kept, slope), tf.expandDims(tf.slice(dy, [0, start], [-1, size]), 2));
    toPositives.push(tf.sum(flow, 2));
    toNegatives = tf.sub(toNegatives, tf.sum(swapped ? tf.mul(flow, tf.sub(1, swapped)) : flow, 1));
    if (swapped) toAcrosses.push(tf.neg(tf.sum(tf.mul(flow, swapped), 0)));
  }
  const ofDistances = tf.add(tf.concat(toPositives, 1), toNegatives);
  return among ? [ofDistances, tf.concat(toAcrosses, 0)] : [ofDistances];
}
