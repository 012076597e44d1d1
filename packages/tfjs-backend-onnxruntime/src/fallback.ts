import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import {
  type BackendValues,
  backend_util,
  type DataType,
  getKernel,
  type KernelConfig,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from "@tensorflow/tfjs-core";

/** A result of a CPU kernel: its elements, no tensor. */
export interface HostResult {
  readonly values: BackendValues;
  readonly shape: number[];
  readonly dtype: DataType;
}

let cpu: MathBackendCPU | undefined;

/** A CPU backend that no program sees: tensors of the registered one are never touched. */
function privateCpu(): MathBackendCPU {
  if (cpu === undefined) {
    cpu = new MathBackendCPU();
    // It would greet the user with advice to install another backend.
    (cpu as unknown as { firstUse: boolean }).firstUse = false;
  }
  return cpu;
}

/** Runs a CPU kernel on elements. Nothing stays behind: the private backend knows its arrays by weak references. */
export function runOnCpu(
  kernel: KernelConfig,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap | undefined,
  read: (info: TensorInfo) => BackendValues,
): HostResult | HostResult[] {
  const backend = privateCpu();
  const copied = new Map<object, TensorInfo>();
  const copy = (info: TensorInfo): TensorInfo => {
    let base = copied.get(info.dataId);
    if (base === undefined) {
      base =
        info.dtype === "complex64"
          ? complexInfo(backend, info.shape, read(info) as Float32Array)
          : backend.makeTensorInfo(info.shape, info.dtype, read(info));
      copied.set(info.dataId, base);
    }
    // A few kernels were written for tensors, and ask for the rank.
    return { dataId: base.dataId, shape: info.shape, dtype: info.dtype, rank: info.shape.length } as TensorInfo;
  };
  const cpuInputs: Record<string, TensorInfo> = Array.isArray(inputs) ? ([] as unknown as Record<string, TensorInfo>) : {};
  for (const name of Object.keys(inputs)) {
    // Ragged kernels have lists of tensors among their inputs.
    const input = inputs[name] as TensorInfo | TensorInfo[] | undefined | null;
    if (input !== undefined && input !== null) cpuInputs[name] = (Array.isArray(input) ? input.map(copy) : copy(input)) as TensorInfo;
  }
  const out = kernel.kernelFunc({ inputs: cpuInputs, attrs, backend });
  const resultOf = (info: TensorInfo): HostResult => {
    const result = { values: backend.readSync(info.dataId), shape: info.shape, dtype: info.dtype };
    // A few CPU kernels return tensors, which the engine counts.
    if ("dispose" in info) (info as unknown as { dispose(): void }).dispose();
    return result;
  };
  return Array.isArray(out) ? out.map(resultOf) : resultOf(out);
}

function complexInfo(backend: MathBackendCPU, shape: number[], interleaved: Float32Array): TensorInfo {
  const { real, imag } = backend_util.splitRealAndImagArrays(interleaved);
  const parts = { real: backend.makeTensorInfo(shape, "float32", real), imag: backend.makeTensorInfo(shape, "float32", imag) };
  return getKernel("Complex", "cpu").kernelFunc({ inputs: parts, attrs: undefined as never, backend }) as TensorInfo;
}
