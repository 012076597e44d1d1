import type { Tensor2D, TypedArray, Variable } from "@tensorflow/tfjs-core";
import type { FrozenEncoder } from "../encoder.js";
import type { StepContext } from "./head.js";

/** A batch as it lies in ordinary memory, ready to become tensors: by name, numbers and shape. */
export type HostBatch = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: TypedArray }>>;

/** An encoder whose weights are trained. */
export interface TrainableEncoder<Value> {
  readonly variables: Readonly<Record<string, Variable>>;
  readonly dim: number;
  prepare(values: readonly Value[]): HostBatch;
  /** @returns `[values, dim]` */
  apply(batch: HostBatch, step: StepContext): Tensor2D;
  /** The encoder as it is now, for caching and saving. */
  freeze(): Promise<FrozenEncoder<Value>>;
}
