import type { Miner, PairFunction } from "@quaterion/losses";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { LossCase, MinerCase, Nested } from "./golden-case.js";

/** A peer's case in our words: a number as a function of arrays, and the gradients that the peer found. */
export interface SaidLoss {
  readonly inputs: readonly { readonly values: Nested; readonly gradient: Nested }[];
  /** Our loss on tensors of these inputs. Called inside `tf.tidy`. */
  value(...inputs: Tensor[]): Scalar;
  /** The peer's loss is ours times this; 1. */
  readonly factor?: number;
  /** The peer's loss, where it is not the case's `loss`. */
  readonly loss?: number;
  /** Compare the sums of gradients over equal rows of an input: where rows tie, the peer gives all to the first. */
  readonly equalRowsShare?: boolean;
  /** Where the peer is wrong or odd, and the mapping makes up for it: what it does. */
  readonly differs?: string;
}

/** What a case wraps its loss in. */
export type Around = <L extends object>(loss: L) => L;
export const bare: Around = (loss) => loss;

/** How cases of one loss class of a peer are said with our API. */
export interface LossClassMapping {
  /** Options of the peer that `say` heeds; a case that sets another one has no counterpart. */
  readonly options: readonly string[];
  /**
   * @param around for a case of a loss around this one; a mapping that other losses wrap heeds it
   * @throws {Uncovered} where our API has no counterpart
   */
  say(golden: LossCase, around?: Around): SaidLoss | readonly SaidLoss[];
}

/** By the peer's loss class. */
export type LossMapping = Readonly<Record<string, LossClassMapping>>;

/** How cases of one miner class of a peer are said with our API. */
export interface MinerClassMapping {
  readonly options: readonly string[];
  say(golden: MinerCase): SaidMiner;
}

/** A peer's miner in our words. */
export interface SaidMiner {
  readonly miner: Miner;
  /** Distances to mine with, where they are not those of the case. */
  readonly distances?: PairFunction;
}

export type MinerMapping = Readonly<Record<string, MinerClassMapping>>;

/** A case that has no counterpart in our API, and why. */
export class Uncovered extends Error {}
