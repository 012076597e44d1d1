import * as tf from "@tensorflow/tfjs-core";
import { afterwards } from "./afterwards.js";
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

/** What the triplets are made of; the masks, and `across`, are constants. */
export interface TripletSumsInput {
  /** Distances of anchors and positives, `[batch, positives]`. */
  readonly toPositives: tf.Tensor2D;
  /** Distances of anchors and candidates, `[batch, candidates]`. */
  readonly toNegatives: tf.Tensor2D;
  /** `[batch, positives]` */
  readonly similar: tf.Tensor2D;
  /** `[batch, candidates]` */
  readonly dissimilar: tf.Tensor2D;
  /** For swap: distances from positive to negative, `[positives, candidates]`, far where that pair is not dissimilar. */
  readonly among?: tf.Tensor2D;
  /** For a miner that asks: distances from positive to negative, `[positives, candidates]`. */
  readonly across?: tf.Tensor2D;
}

/**
 * For each anchor a and positive p, over the triplets (a, p, n) that the miner keeps: the sum of max(0, x) (soft: log(1 + eˣ)) with
 * x = d(a, p) − d(a, n) + margin, and how many there are; with `among`, d(a, n) is the lesser of d(a, n) and d(p, n). Both `[batch, positives]`.
 *
 * The triplets are gone through in blocks of positives, and again for the gradient: memory is batch · candidates · max(positives / 64,
 * 4·10⁶ / (batch · candidates)). Time is batch · positives · candidates.
 */
export function tripletSums(
  input: TripletSumsInput,
  options: TripletSumsOptions,
  blocks = candidateBlocks(input.toPositives.shape[1], input.toNegatives.size),
): { sums: tf.Tensor2D; counts: tf.Tensor2D } {
  const operation = tf.customGrad<tf.Tensor3D>((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [toPositives, toNegatives, among] = args as tf.Tensor2D[];
    const given = { ...input, toPositives: toPositives!, toNegatives: toNegatives!, among };
    const parts = blocks.map((block) => tf.tidy(() => forwardBlock(given, block, options)));
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
  const { toPositives, toNegatives, among } = input;
  const [sums, counts] = tf.unstack(among ? operation(toPositives, toNegatives, among) : operation(toPositives, toNegatives));
  return { sums: sums as tf.Tensor2D, counts: counts as tf.Tensor2D };
}

/** Sums and counts of one block, `[2, batch, block]`. */
function forwardBlock(input: TripletSumsInput, block: CandidateBlock, options: TripletSumsOptions): tf.Tensor3D {
  const { kept, excess } = tripletBlock(input, block, options);
  const similar = columns(input.similar, block);
  const over = (values: tf.Tensor3D) => (kept ? tf.sum(tf.mul(kept, values), 2) : tf.mul(similar, weightedSums(values, input.dissimilar)));
  const sums = over(options.soft ? tf.softplus(excess) : tf.relu(excess));
  if (options.active && !options.soft) return tf.stack([sums, over(isPositive(excess))]) as tf.Tensor3D;
  const counts = kept ? tf.sum(kept, 2) : tf.mul(similar, tf.sum(input.dissimilar, 1, true));
  return tf.stack([sums, counts]) as tf.Tensor3D;
}

/** One block of triplets, `[batch, block, candidates]`: x of each, what a miner of triplets keeps, and where d(p, n) took the place of d(a, n). */
function tripletBlock(
  { toPositives, toNegatives, similar, dissimilar, among, across }: TripletSumsInput,
  block: CandidateBlock,
  { margin, miner, dim }: TripletSumsOptions,
) {
  const own: tf.Tensor3D = tf.expandDims(columns(toPositives, block), 2);
  const others: tf.Tensor3D = tf.expandDims(toNegatives, 1);
  const rowsOf = (square: tf.Tensor2D): tf.Tensor3D => tf.expandDims(tf.slice(square, [block.start, 0], [block.size, -1]), 0);
  const sides = () => ({ toPositives: own, toNegatives: others, across: across && rowsOf(across), dim });
  const kept = miner.triplets?.(
    tf.sub(others, own),
    tf.mul(tf.expandDims(columns(similar, block), 2), tf.expandDims(dissimilar, 1)),
    sides(),
  );
  const raised: tf.Tensor3D = tf.add(own, margin);
  if (!among) return { kept, excess: tf.sub(raised, others) as tf.Tensor3D, swapped: undefined };
  const acrosses = rowsOf(among);
  const excess: tf.Tensor3D = tf.sub(raised, tf.minimum(others, acrosses));
  return { kept, excess, swapped: tf.cast<tf.Tensor3D>(tf.less(acrosses, others), "float32") };
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
  let toNegatives: tf.Tensor2D | undefined;
  for (const block of blocks) {
    const last = toPositives.at(-1);
    const ready = last === undefined ? [dy] : [last, toNegatives!, ...toAcrosses.slice(-1)];
    const later = { toPositives: afterwards(input.toPositives, ...ready), similar: afterwards(input.similar, ...ready) };
    const given = blocks.length === 1 ? input : { ...input, ...later };
    const flows = tf.tidy(() => gradientBlock(columns(dy, block), given, block, options));
    toPositives.push(flows.toPositives);
    toNegatives = toNegatives === undefined ? flows.toNegatives : tf.add(toNegatives, flows.toNegatives);
    if (flows.toAcrosses) toAcrosses.push(flows.toAcrosses);
  }
  const gradients = [tf.concat(toPositives, 1), tf.neg(toNegatives!)];
  return input.among ? [...gradients, tf.neg(tf.concat(toAcrosses, 0))] : gradients;
}

type Flows = {
  readonly toPositives: tf.Tensor2D;
  /** What goes to the negatives' distances, and with swap to those across, is subtracted. */
  readonly toNegatives: tf.Tensor2D;
  readonly toAcrosses?: tf.Tensor2D;
};

function gradientBlock(dy: tf.Tensor2D, input: TripletSumsInput, block: CandidateBlock, options: TripletSumsOptions): Flows {
  const { kept, excess, swapped } = tripletBlock(input, block, options);
  const slope = options.soft ? tf.sigmoid(excess) : isPositive(excess);
  const { dissimilar } = input;
  const weight = tf.mul<tf.Tensor2D>(dy, columns(input.similar, block)); // [batch, block]
  if (!kept && !swapped) {
    const toNegatives = tf.mul<tf.Tensor2D>(dissimilar, tf.squeeze(tf.matMul(tf.expandDims(weight, 1), slope), [1]));
    return { toPositives: tf.mul(weight, weightedSums(slope, dissimilar)), toNegatives };
  }
  const flow = kept
    ? tf.mul(tf.mul(kept, slope), tf.expandDims(dy, 2))
    : tf.mul(slope, tf.mul(tf.expandDims(weight, 2), tf.expandDims(dissimilar, 1)));
  const straight = swapped ? tf.mul(flow, tf.sub(1, swapped)) : flow;
  const toAcrosses = swapped && { toAcrosses: tf.sum<tf.Tensor2D>(tf.mul(flow, swapped), 0) };
  return { toPositives: tf.sum(flow, 2), toNegatives: tf.sum(straight, 1), ...toAcrosses };
}

function columns(values: tf.Tensor2D, { start, size }: CandidateBlock): tf.Tensor2D {
  return tf.slice(values, [0, start], [-1, size]);
}

/** Σ_n values · weights of each row, `[batch, block]`, as one product. */
function weightedSums(values: tf.Tensor3D, weights: tf.Tensor2D): tf.Tensor2D {
  return tf.squeeze(tf.matMul(values, tf.expandDims<tf.Tensor3D>(weights, 2)), [2]);
}

function isPositive(values: tf.Tensor3D): tf.Tensor3D {
  return tf.cast(tf.greater(values, 0), "float32");
}
