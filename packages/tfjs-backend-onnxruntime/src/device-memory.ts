import { encodeOnnxModel } from "@quaterion/formats";
import type { Tensor as RuntimeTensor } from "onnxruntime-node";
import { emptyArray, sizeOf } from "./element-arrays.js";
import { loadSession, runtimeTensor, type SyncSession, viewOfDeviceTensor } from "./run-sync.js";
import type { GraphData } from "./value.js";

type Dtype = "float32" | "int32" | "bool";

/**
 * Buffers on the GPU that ONNX Runtime's WebGPU provider works on. Nothing here waits for the garbage collector: it never frees a device tensor,
 * so whoever takes one gives it back.
 */
export class DeviceMemory {
  /** Bytes on the device: what values hold, and what is free for the next results. */
  bytes = 0;
  /** Bytes sent to the device, and brought back, so far. */
  uploadedBytes = 0;
  downloadedBytes = 0;
  private readonly free = new Map<string, RuntimeTensor[]>();
  private freeBytes = 0;
  // These outlive every other session: their allocator owns the buffers.
  private readonly allocators = new Map<Dtype, SyncSession>();
  private readonly copiers = new Map<string, SyncSession>();
  private beacon: RuntimeTensor | undefined;

  constructor(private readonly largestFreeBytes = 2 ** 29) {}

  /** A buffer for a result; what was in it before is still there. */
  take(dtype: Dtype, shape: readonly number[]): RuntimeTensor {
    const tensor = this.free.get(`${dtype}[${shape}]`)?.pop();
    if (tensor !== undefined) {
      this.freeBytes -= bytesOf(tensor);
      return tensor;
    }
    const size = runtimeTensor("int64", BigInt64Array.from(shape, BigInt), [shape.length]);
    const made = this.allocator(dtype).run({ size }, { made: null })["made"]!;
    this.bytes += bytesOf(made);
    return made;
  }

  /** Takes a buffer back. */
  give(tensor: RuntimeTensor): void {
    if (this.freeBytes + bytesOf(tensor) > this.largestFreeBytes) this.clear();
    const key = `${tensor.type}[${tensor.dims}]`;
    const free = this.free.get(key);
    if (free === undefined) this.free.set(key, [tensor]);
    else free.push(tensor);
    this.freeBytes += bytesOf(tensor);
  }

  /** Elements on the device. */
  upload(dtype: Dtype, data: GraphData, shape: readonly number[]): RuntimeTensor {
    const target = this.take(dtype, shape);
    const size = [sizeOf(shape)];
    this.copier(dtype).run({ from: runtimeTensor(dtype, data, size) }, { to: viewOfDeviceTensor(target, size) });
    this.uploadedBytes += data.byteLength;
    return target;
  }

  /** Elements of a device tensor. ONNX Runtime's own `getData` is not there for the GPU; a copy whose output is an array is. */
  download(tensor: RuntimeTensor): Float32Array | Int32Array | Uint8Array {
    const dtype = tensor.type as Dtype;
    const data = emptyArray(dtype, tensor.size);
    this.copier(dtype).run({ from: viewOfDeviceTensor(tensor, [tensor.size]) }, { to: runtimeTensor(dtype, data, [tensor.size]) });
    this.downloadedBytes += data.byteLength;
    return data;
  }

  /** Returns when the device has done what it was given. Work that nobody waits for piles up, with the arrays that it was sent. */
  wait(): void {
    this.beacon ??= this.take("int32", [1]);
    this.download(this.beacon);
  }

  /** Frees the buffers that nobody holds. */
  clear(): void {
    for (const tensors of this.free.values()) {
      for (const tensor of tensors) {
        this.bytes -= bytesOf(tensor);
        tensor.dispose();
      }
    }
    this.free.clear();
    this.freeBytes = 0;
  }

  /** A graph whose output is a new buffer of the size fed. */
  private allocator(dtype: Dtype): SyncSession {
    let session = this.allocators.get(dtype);
    if (session === undefined) {
      session = loadSession(
        encodeOnnxModel({
          nodes: [{ op: "Expand", inputs: ["zero", "size"], outputs: ["made"] }],
          inputs: [{ name: "size", dtype: "int64", shape: ["rank"] }],
          outputs: [{ name: "made", dtype }],
          initializers: [{ name: "zero", dtype, shape: [], data: emptyArray(dtype, 1) }],
        }),
        { ...deviceOptions, preferredOutputLocation: "gpu-buffer" },
      );
      this.allocators.set(dtype, session);
    }
    return session;
  }

  /** A graph that copies a vector from and to wherever it is told. */
  private copier(dtype: Dtype): SyncSession {
    let session = this.copiers.get(dtype);
    if (session === undefined) {
      session = loadSession(
        encodeOnnxModel({
          nodes: [{ op: "Identity", inputs: ["from"], outputs: ["to"] }],
          inputs: [{ name: "from", dtype, shape: ["size"] }],
          outputs: [{ name: "to", dtype, shape: ["size"] }],
        }),
        deviceOptions,
      );
      this.copiers.set(dtype, session);
    }
    return session;
  }
}

const deviceOptions = { executionProviders: ["webgpu"], logSeverityLevel: 4 } as const;

/** Bytes of a tensor's elements. */
export function bytesOf(tensor: RuntimeTensor): number {
  return tensor.size * (tensor.type === "bool" ? 1 : 4);
}
