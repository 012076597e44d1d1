import type { OnnxAttribute } from "@quaterion/formats";
import type { Tensor as RuntimeTensor } from "onnxruntime-node";

/** Element types inside a graph. TensorFlow.js knows all but int64 and float64, which only live between nodes. */
export type GraphDtype = "float32" | "int32" | "bool" | "int64" | "float64";
/** Elements of a materialised value. */
export type GraphData = Float32Array | Int32Array | Uint8Array | BigInt64Array;
export type Attributes = Readonly<Record<string, OnnxAttribute>>;

/**
 * An array in the recorded program: computed already (`data`), a constant of the graph's structure (`baked`), one number everywhere (`splat`),
 * a stand-in while tracing (`placeholder`), or the result of a node that has not run.
 */
export interface Value {
  /** Position in the order of recording. */
  readonly id: number;
  readonly dtype: GraphDtype;
  readonly shape: readonly number[];
  node: RecordedNode | undefined;
  data: GraphData | undefined;
  /** The number that fills the whole array; the array is only made where a node needs it. */
  splat: number | undefined;
  /** Identifies dtype, shape (and for baked values the content) in a structure key. */
  signature: number;
  baked: boolean;
  placeholder: string | undefined;
  /** Depends on a placeholder, so it can't be computed. */
  traced: boolean;
  /** The graph will run again on other elements: nothing in it may be decided by these. */
  opaque: boolean;
  /** How many data ids hold it. */
  holders: number;
  /** `tensor` is on the GPU: a buffer of this value's own. `data` may be there as well. */
  onDevice: boolean;
  /** A program may have got hold of `data`: the buffer is never written again. */
  escaped: boolean;
  /** `data` were allocated by the backend, so the buffer may be used again once nobody holds it. */
  pooled: boolean;
  /** The same elements under other shapes. */
  views: Map<string, Value> | undefined;
  /** The value whose buffer this one shares. */
  origin: Value | undefined;
  /** The value that this one is a broadcast copy of. */
  unexpanded: Value | undefined;
  tensor: RuntimeTensor | undefined;
  /** Number within the graph under construction, valid while `mark` is that graph's. */
  local: number;
  mark: number;
}

/** One ONNX node, not yet run. */
export interface RecordedNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: Value[];
  readonly attributes: Attributes | undefined;
  readonly signature: number;
  /** The TensorFlow.js kernel that recorded it. */
  readonly kernel: string;
  readonly order: number;
  /** The call stack, where those are kept. */
  readonly stack: string | undefined;
  mark: number;
}
