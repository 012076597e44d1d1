import "@tensorflow/tfjs-backend-cpu";
import {
  backend,
  findBackend,
  getBackend,
  getKernelsForBackend,
  type KernelConfig,
  type NamedAttrMap,
  registerBackend,
  registerKernel,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import { backendName, OnnxRuntimeBackend } from "./backend.js";
import { currentSettings, type Device } from "./configure.js";
import { nativeKernels } from "./kernels/index.js";
import type { NativeKernel } from "./kernels/kernel.js";
import { runtimeVersion } from "./run-sync.js";

/** How a kernel is done: one ONNX node, several, a new name for the same data, or the CPU backend's kernel on the values. */
export type KernelKind = "native" | "composed" | "alias" | "fallback";

/** What the backend is doing. */
export interface BackendInfo {
  readonly version: string;
  readonly device: Device;
  readonly threads: number;
  /** Graphs run so far. */
  readonly runs: number;
  /** Milliseconds that ONNX Runtime took for them; the rest of a step's time is recording. */
  readonly runMs: number;
  /** Graphs compiled so far. */
  readonly compiles: number;
  /** Milliseconds that compiling took. */
  readonly compileMs: number;
  /** ONNX nodes recorded so far. */
  readonly nodes: number;
  /** Compiled graphs held, and their estimated bytes. */
  readonly sessions: number;
  readonly sessionBytes: number;
  /** On `"webgpu"`: bytes that values and free buffers take on the device, and bytes that went there and came back so far. */
  readonly deviceBytes: number;
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  /** Calls that were left to CPU kernels, by kernel. */
  readonly fallbacks: Readonly<Record<string, number>>;
}

const kinds = new Map<string, KernelKind>();

/** How each kernel is done, by name. */
export function kernelTable(): ReadonlyMap<string, KernelKind> {
  return kinds;
}

/** Counters and settings of the backend; it is started if no tensor was made on it yet. */
export function backendInfo(): BackendInfo {
  const { fallbacks, program } = currentBackend();
  const { recorder, sessions, runs, runMs, device: values } = program;
  const { device, threads } = currentSettings();
  return {
    version: runtimeVersion(),
    device,
    threads,
    runs,
    runMs,
    compiles: sessions.compiles,
    compileMs: sessions.compileMs,
    nodes: recorder.recorded,
    sessions: sessions.size,
    sessionBytes: sessions.bytes,
    deviceBytes: values.memory.bytes,
    uploadedBytes: values.memory.uploadedBytes,
    downloadedBytes: values.memory.downloadedBytes,
    fallbacks: Object.fromEntries(fallbacks),
  };
}

/** The backend's one instance. */
export function currentBackend(): OnnxRuntimeBackend {
  return (getBackend() === backendName ? backend() : findBackend(backendName)) as OnnxRuntimeBackend;
}

type KernelFunc = KernelConfig["kernelFunc"];

type Register = (kernelName: string, kind: KernelKind, kernelFunc: KernelFunc) => void;

function reshapedShape(info: TensorInfo, wanted: number[]): number[] {
  const size = util.sizeFromShape(info.shape);
  const shape = util.inferFromImplicitShape(wanted, size);
  util.assert(
    size === util.sizeFromShape(shape),
    () => `The new shape (${shape}) has ${util.sizeFromShape(shape)} elements and the old shape (${info.shape}) has ${size}.`,
  );
  return shape;
}

function expandedShape(info: TensorInfo, dim: number): number[] {
  const rank = info.shape.length;
  util.assert(dim >= -(rank + 1) && dim <= rank, () => `Axis must be in the interval [${-(rank + 1)}, ${rank}], received ${dim}.`);
  return info.shape.toSpliced(dim < 0 ? rank + dim + 1 : dim, 0, 1);
}

/** Kernels that leave the elements alone: the tensors share their data. */
function registerAliases(register: Register): void {
  const alias = (kernelName: string, input: string, shapeOf: (info: TensorInfo, attrs: NamedAttrMap) => number[]) =>
    register(kernelName, "alias", ({ inputs, attrs, backend }) =>
      (backend as OnnxRuntimeBackend).aliasOf(inputs[input]!, shapeOf(inputs[input]!, attrs ?? {})),
    );
  alias("Identity", "x", ({ shape }) => shape);
  alias("Reshape", "x", (info, attrs) => reshapedShape(info, attrs["shape"] as number[]));
  alias("ExpandDims", "input", (info, attrs) => expandedShape(info, attrs["dim"] as number));
}

/** Fills the table of kernels, and registers them with TensorFlow.js where no other copy of this package did. */
function registerKernels(isFirst: boolean): void {
  const register: Register = (kernelName, kind, kernelFunc) => {
    kinds.set(kernelName, kind);
    if (isFirst) registerKernel({ kernelName, backendName, kernelFunc });
  };
  registerAliases(register);
  const natives = new Map<string, NativeKernel>(nativeKernels.map((kernel) => [kernel.kernelName, kernel]));
  for (const cpuKernel of getKernelsForBackend("cpu")) {
    const { kernelName } = cpuKernel;
    if (kinds.has(kernelName)) continue;
    const native = natives.get(kernelName);
    register(kernelName, native?.kind ?? "fallback", ({ inputs, attrs, backend }) =>
      (backend as OnnxRuntimeBackend).execute(native, cpuKernel, inputs, attrs, kernelName),
    );
  }
}

// A second copy of this package in one process finds the first one's registration and leaves it.
const isFirst = getKernelsForBackend(backendName).length === 0;
registerKernels(isFirst);
if (isFirst) {
  // Priority 0: TensorFlow.js chooses it by itself only where nothing else is registered.
  registerBackend(backendName, () => new OnnxRuntimeBackend(), 0);
}
