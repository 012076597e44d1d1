import type { Tensor as RuntimeTensor } from "onnxruntime-node";
import { emptyArray, sizeOf } from "./element-arrays.js";
import { runtimeTensor } from "./run-sync.js";

/** Output buffers that nobody holds any longer, by dtype and shape: a step writes its results where the step before last had its own. */
export class BufferPool {
  private readonly free = new Map<string, RuntimeTensor[]>();
  private bytes = 0;

  constructor(private readonly largestBytes = 2 ** 29) {}

  /** A buffer for a result; its old elements are still there. */
  take(dtype: "float32" | "int32" | "bool", shape: readonly number[]): RuntimeTensor {
    const tensor = this.free.get(`${dtype}[${shape}]`)?.pop();
    if (tensor === undefined) return runtimeTensor(dtype, emptyArray(dtype, sizeOf(shape)), shape);
    this.bytes -= byteLength(tensor);
    return tensor;
  }

  /** Takes a buffer back. */
  give(tensor: RuntimeTensor): void {
    if (this.bytes + byteLength(tensor) > this.largestBytes) this.clear();
    const key = `${tensor.type}[${tensor.dims}]`;
    const free = this.free.get(key);
    if (free === undefined) this.free.set(key, [tensor]);
    else free.push(tensor);
    this.bytes += byteLength(tensor);
  }

  /** Frees everything. */
  clear(): void {
    this.free.clear();
    this.bytes = 0;
  }
}

function byteLength(tensor: RuntimeTensor): number {
  return (tensor.data as Float32Array).byteLength;
}
