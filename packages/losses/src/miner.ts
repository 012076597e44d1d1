import { type Check, reject } from "@quaterion/core";
import type { PairMasks } from "@quaterion/core/training";
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";

/**
 * Chooses which pairs and triplets a loss learns from: masks into masks of the same shape, never lists of indices, so that a step keeps its
 * shapes. What it sees are constants; what it returns is never above the mask it was given. A loss with an option `miner` mines with the distances
 * that it uses itself; `mined` puts a miner before any other relation loss.
 */
export interface Miner {
  readonly name: string;
  /**
   * Which pairs stay.
   * @param distances `[batch, candidates]`, lower is nearer
   */
  pairs(distances: Tensor2D, masks: PairMasks): PairMasks;
  /** True where all pairs that stay of one anchor and one kind have the same distance: the loss then needs no triplets. */
  readonly onePerAnchor?: boolean;
  /** True where it compares the pairs of different anchors: a loss with such a miner takes whole batches only. */
  readonly wholeBatch?: boolean;
  /** True where `triplets` asks for the distances among candidates, `across`. */
  readonly needsAcross?: boolean;
  /**
   * Which triplets (anchor, positive, negative) stay, a block of positives at a time; all where absent. Negatives that tie may share: 1/2 each.
   * @param gaps d(anchor, negative) − d(anchor, positive), `[batch, positives, negatives]`
   * @param allowed 0/1 of the same shape
   */
  triplets?(gaps: Tensor3D, allowed: Tensor3D, sides: TripletSides): Tensor3D;
}

/** The sides of a block of triplets. */
export interface TripletSides {
  /** `[batch, positives, 1]` */
  readonly toPositives: Tensor3D;
  /** `[batch, 1, negatives]` */
  readonly toNegatives: Tensor3D;
  /** From positive to negative, `[1, positives, negatives]`; given where the miner says that it needs it. */
  readonly across?: Tensor3D;
  /** Width of the embeddings. */
  readonly dim: number;
}

/** Checks an option that takes a {@link Miner}. */
export const minerValue: Check<Miner> = (value, argument) =>
  typeof value === "object" && value !== null && "pairs" in value && typeof value.pairs === "function"
    ? (value as Miner)
    : reject(argument, "a miner, such as hard() or semiHard()", value);
