import * as tf from "@tensorflow/tfjs-core";
import { type CandidateBlock, candidateBlocks } from "./candidate-blocks.js";
import type { Miner } from "./miner.js";

export interface TripletSumsOptions {
  readonly margin: number;
  readonly soft: boolean;
  /** Count only the triplets whose loss is above 0. */
  readonly active: boolean;
  readonly miner: Miner;
  /** Width of the embeddings, as the miner is told it. */
  readonly dim: number;
}

/** What the triplets are made of; all but `distances` and `among` are constants. */
export interface TripletSumsInput {
  /** `[batch, candidates]` */
  readonly distances: tf.Tensor2D;
  readonly similar: tf.Tensor2D;
  readonly dissimilar: tf.Tensor2D;
  /** For swap: distances from positive to negative, `[candidates, candidates]`, far where that pair is not dissimilar. */
  readonly among?: tf.Tensor2D;
  /** For a miner that asks: distances among candidates, `[candidates, candidates]`. */
  readonly across?: tf.Tensor2D;
}

/**
 * For each anchor a and similar candidate p, over the triplets (a, p, n) that the miner keeps: the sum of max(0, x) (soft: log(1 + eˣ)) with
 * x = d(a, p) − d(a, n) + margin, and how many there are; with `among`, d(a, n) is the lesser of d(a, n) and d(p, n). Both `[batch, candidates]`.
 *
 * The triplets are gone through in blocks of positives, and again for the gradient, so nothing cubic is kept: memory is
 * batch · candidates · max(candidates / 64, 4·10⁶ / (batch · candidates)). Time is cubic.
 */
export function tripletSums(
  input: TripletSumsInput,
  options: TripletSumsOptions,
  blocks = candidateBlocks(input.distances.shape[1], input.distances.size),
): { sums: tf.Tensor2D; counts: tf.Tensor2D } {
  const operation = tf.customGrad<tf.Tensor3D>((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [distances, among] = args as tf.Tensor2D[];
    const given = { ...input, distances: distances!, among };
    const parts = blocks.map((block) => {
      const { kept, excess } = tripletBlock(given, block, options);
      const losses = tf.mul(kept, options.soft ? tf.softplus(excess) : tf.relu(excess));
      const counts = options.active && !options.soft ? tf.mul(kept, tf.cast(tf.greater(excess, 0), "float32")) : kept;
      return tf.stack([tf.sum(losses, 2), tf.sum(counts, 2)]); // [2, batch, block]
    });
    // The constants are saved too: the forward pass may dispose them before the gradient is asked for.
    const saved = Object.entries(given).filter((entry): entry is [string, tf.Tensor2D] => entry[1] !== undefined);
    save(saved.map(([, tensor]) => tensor));
    const gradFunc = (dy: tf.Tensor3D, tensors: tf.Tensor[]) => {
      const ofSums = tf.squeeze<tf.Tensor2D>(tf.slice(dy, [0, 0, 0], [1, -1, -1]), [0]);
      const kept = Object.fromEntries(saved.map(([name], i) => [name, tensors[i]])) as unknown as TripletSumsInput;
      return tripletGradients(ofSums, kept, blocks, options);
    };
    return { value: tf.concat(parts, 2) as tf.Tensor3D, gradFunc };
  });
  const [sums, counts] = tf.unstack(input.among ? operation(input.distances, input.among) : operation(input.distances));
  return { sums: sums as tf.Tensor2D, counts: counts as tf.Tensor2D };
}

/** One block of triplets: which are kept, and x of each, `[batch, positives, candidates]`. */
function tripletBlock(
  { distances, similar, dissimilar, among, across }: TripletSumsInput,
  { start, size }: CandidateBlock,
  { margin, miner, dim }: TripletSumsOptions,
) {
  const toPositives = tf.expandDims<tf.Tensor3D>(tf.slice(distances, [0, start], [-1, size]), 2);
  const toNegatives = tf.expandDims<tf.Tensor3D>(distances, 1);
  const rowsOf = (square: tf.Tensor2D): tf.Tensor3D => tf.expandDims(tf.slice(square, [start, 0], [size, -1]), 0);
  const gaps: tf.Tensor3D = tf.sub(toNegatives, toPositives);
  const allowed: tf.Tensor3D = tf.mul(tf.expandDims(tf.slice(similar, [0, start], [-1, size]), 2), tf.expandDims(dissimilar, 1));
  const kept = miner.triplets?.(gaps, allowed, { toPositives, toNegatives, across: across && rowsOf(across), dim }) ?? allowed;
  if (!among) return { kept, excess: tf.sub(margin, gaps), swapped: undefined };
  const acrosses = rowsOf(among);
  const excess = tf.sub(tf.add(toPositives, margin), tf.minimum(toNegatives, acrosses));
  return { kept, excess, swapped: tf.cast(tf.less(acrosses, toNegatives), "float32") };
}

/** Gradients of the sums with respect to the distances and, with swap, to those among candidates. */
function tripletGradients(
  dy: tf.Tensor2D,
  input: TripletSumsInput,
  blocks: readonly CandidateBlock[],
  options: TripletSumsOptions,
): tf.Tensor[] {
  const toPositives: tf.Tensor2D[] = [];
  const toAcrosses: tf.Tensor2D[] = [];
  let toNegatives: tf.Tensor = tf.zerosLike(input.distances);
  for (const block of blocks) {
    const { kept, excess, swapped } = tripletBlock(input, block, options);
    const slope = options.soft ? tf.sigmoid(excess) : tf.cast(tf.greater(excess, 0), "float32");
    const flow = tf.mul(tf.mul(kept, slope), tf.expandDims(tf.slice(dy, [0, block.start], [-1, block.size]), 2));
    toPositives.push(tf.sum(flow, 2));
    toNegatives = tf.sub(toNegatives, tf.sum(swapped ? tf.mul(flow, tf.sub(1, swapped)) : flow, 1));
    if (swapped) toAcrosses.push(tf.neg(tf.sum(tf.mul(flow, swapped), 0)));
  }
  const ofDistances = tf.add(tf.concat(toPositives, 1), toNegatives);
  return input.among ? [ofDistances, tf.concat(toAcrosses, 0)] : [ofDistances];
}
