import { type Check, reject } from "@quaterion/core";
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";

/**
 * How alike each row of one matrix is to the same row of another: two `[pairs, dim]` to `[pairs]`, higher is nearer. Any function of this shape
 * will do.
 */
export type PairedFunction = (first: Tensor2D, second: Tensor2D) => Tensor1D;

/** Checks an option that takes a {@link PairedFunction}. */
export const pairedFunction: Check<PairedFunction> = (value, argument) =>
  typeof value === "function"
    ? (value as PairedFunction)
    : reject(argument, "a function of two matrices with a number for each row, such as pairedCosines", value);
