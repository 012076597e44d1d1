import { type Check, reject } from "@quaterion/core";
import type { Tensor2D } from "@tensorflow/tfjs-core";

/**
 * How alike or how far apart the rows of two matrices are: anchors `[batch, dim]` and candidates `[candidates, dim]` to `[batch, candidates]`.
 * Losses that ask for `similarities` want higher to be nearer, those that ask for `distances` want lower to be nearer; any function of this
 * shape will do.
 */
export type PairFunction = (anchors: Tensor2D, candidates: Tensor2D) => Tensor2D;

/** Checks an option that takes a {@link PairFunction}. */
export const pairFunction: Check<PairFunction> = (value, argument) =>
  typeof value === "function"
    ? (value as PairFunction)
    : reject(argument, "a function of two matrices, such as cosineDistances or euclideanDistances", value);
