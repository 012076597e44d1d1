import type { NamedAttrMap, TensorInfo } from "@tensorflow/tfjs-core";
import type { Recorder } from "../recorder.js";
import type { GraphData, Value } from "../value.js";

/** What a kernel sees while it records. */
export interface KernelCall {
  readonly recorder: Recorder;
  readonly attrs: NamedAttrMap;
  /** The input of that name. */
  input(name: string): Value;
  /** The same, or nothing where the operation was called without it. */
  optional(name: string): Value | undefined;
  /** Inputs of an operation that takes a list. */
  list(): Value[];
  info(name: string): TensorInfo;
  /** Elements of an input, if they are known without running anything. */
  known(name: string): GraphData | undefined;
}

/** A TensorFlow.js kernel as ONNX nodes. */
export interface NativeKernel {
  readonly kernelName: string;
  /** `native`: one ONNX node of the same meaning; `composed`: several. */
  readonly kind: "native" | "composed";
  /** Records the nodes. @returns the results, or nothing where these inputs (a dtype, an option) are left to the CPU kernel */
  record(call: KernelCall): Value | Value[] | undefined;
}

/** A kernel that is one ONNX node. */
export function native(kernelName: string, record: NativeKernel["record"]): NativeKernel {
  return { kernelName, kind: "native", record };
}

/** A kernel made of several ONNX nodes. */
export function composed(kernelName: string, record: NativeKernel["record"]): NativeKernel {
  return { kernelName, kind: "composed", record };
}
