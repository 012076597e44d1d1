import { type Check, InvalidArgumentError, shown } from "@quaterion/core";
import type { PairMasks } from "@quaterion/core/training";
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";

/**
 * Chooses which pairs and triplets a loss learns from: masks into masks of the same shape, never lists of indices, so that a step keeps its
 * shapes. What it sees are constants; what it returns is never above the mask it was given.
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
  /**
   * Which triplets (anchor, positive, negative) stay, a block of positives at a time; all where absent. Negatives that tie may share: 1/2 each.
   * @param gaps d(anchor, negative) − d(anchor, positive), `[batch, positives, negatives]`
   * @param allowed 0/1 of the same shape
   */
  triplets?(gaps: Tensor3D, allowed: Tensor3D): Tensor3D;
}

/** Checks an option that takes a {@link Miner}. */
export const minerValue: Check<Miner> = (value, argument) => {
  if (typeof value === "object" && value !== null && "pairs" in value && typeof value.pairs === "function") return value as Miner;
  throw new InvalidArgumentError(`\`${argument}\` must be a miner, such as hard() or semiHard(); received ${shown(value)}.`);
};
