import {
  type BackendValues,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type KernelConfig,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
  util,
} from "@tensorflow/tfjs-core";
import { BackendError } from "./backend-error.js";
import { onConfigure } from "./configure.js";
import { sizeOf } from "./element-arrays.js";
import { type HostResult, runOnCpu } from "./fallback.js";
import type { KernelCall, NativeKernel } from "./kernels/kernel.js";
import { Program } from "./program.js";
import type { Value } from "./value.js";

/** Name under which TensorFlow.js knows this backend. */
export const backendName = "onnxruntime";

/** What a data id stands for: a value of the recorded program, or elements that no graph can hold (strings, complex numbers). */
interface Stored {
  value: Value | undefined;
  host: BackendValues | undefined;
  dtype: DataType;
  refCount: number;
}

/**
 * A TensorFlow.js backend whose kernels record. A read computes everything that is alive and not computed yet, in one run of one ONNX graph,
 * which is compiled the first time its structure is seen.
 */
export class OnnxRuntimeBackend extends KernelBackend {
  readonly program = new Program();
  /** Kernels that were left to the CPU, with the number of calls. */
  readonly fallbacks = new Map<string, number>();
  private readonly store: DataStorage<Stored> = new DataStorage(this, {
    // Asked for data that are not here: another backend has them, or nobody.
    moveData: (backend, dataId) => {
      if (!engine().state.tensorInfo.has(dataId)) {
        throw new BackendError(
          "INVALID_ARGUMENT",
          `${this.program.recorder.kernel || "read"}: received a tensor that is disposed. Use it before, or keep it with tf.keep.`,
        );
      }
      engine().moveData(backend, dataId);
    },
  });
  constructor() {
    super();
    onConfigure(() => this.program.sessions.clear());
  }

  override write(values: BackendValues, _shape: number[], dtype: DataType): object {
    const dataId = {};
    // The caller may change its array before the graph runs, hence the copy.
    this.store.set(dataId, { ...this.stored(values, dtype, true), refCount: 1 });
    return dataId;
  }

  override move(dataId: object, values: BackendValues, _shape: number[], dtype: DataType, refCount: number): void {
    this.store.set(dataId, { ...this.stored(values, dtype, true), refCount });
  }

  override async read(dataId: object): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  override readSync(dataId: object): BackendValues {
    const { value, host } = this.store.get(dataId);
    if (value === undefined) return host!;
    this.program.materialise(value);
    value.escaped = true;
    return value.data as Float32Array;
  }

  override refCount(dataId: object): number {
    return this.store.has(dataId) ? this.store.get(dataId).refCount : 0;
  }

  override incRef(dataId: object): void {
    const stored = this.store.get(dataId);
    stored.refCount++;
    // The engine calls this for variables. They become arrays at once, so that the first step has the same structure as those after it.
    if (stored.value?.splat !== undefined) this.program.materialise(stored.value);
  }

  /** One reference fewer, for tensor infos that a kernel made for itself. */
  disposeIntermediateTensorInfo(info: TensorInfo): void {
    this.disposeData(info.dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.store.has(dataId)) return true;
    const stored = this.store.get(dataId);
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    this.store.delete(dataId);
    if (stored.value !== undefined) this.program.release(stored.value);
    return true;
  }

  override numDataIds(): number {
    return this.store.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  /** Milliseconds of `f` and of everything that it left to compute. */
  override async time(f: () => void): Promise<{ kernelMs: number }> {
    this.program.flush();
    const start = util.now();
    f();
    this.program.flush();
    return { kernelMs: util.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.program.clear();
  }

  /** A new data id for a value. */
  infoOf(value: Value): TensorInfo {
    const dataId = {};
    this.program.hold(value);
    this.store.set(dataId, { value, host: undefined, dtype: value.dtype as DataType, refCount: 1 });
    return { dataId, shape: [...value.shape], dtype: value.dtype as DataType };
  }

  /** Puts a value in the place of a tensor's own. @returns false, with nothing done, where another tensor shares its data, or they are not here */
  replaceValue({ dataId }: TensorInfo, value: Value): boolean {
    if (!this.store.has(dataId)) return false;
    const stored = this.store.get(dataId);
    if (stored.refCount !== 1 || stored.value === undefined) return false;
    this.program.hold(value);
    this.program.release(stored.value);
    stored.value = value;
    return true;
  }

  /** The same data under another shape: one more reference, no work. */
  aliasOf(info: TensorInfo, shape: number[]): TensorInfo {
    this.store.get(info.dataId).refCount++;
    return { dataId: info.dataId, shape, dtype: info.dtype };
  }

  /** The recorded value behind a tensor, under the tensor's shape. */
  recordedValue(info: TensorInfo): Value {
    const { value } = this.store.get(info.dataId);
    if (value === undefined)
      throw new BackendError("NOT_TRACEABLE", `${this.program.recorder.kernel}: expected a numeric tensor, received dtype ${info.dtype}.`);
    return this.program.recorder.reshaped(value, info.shape);
  }

  /** Records a kernel, or runs the CPU's where this one declines. */
  execute(
    native: NativeKernel | undefined,
    cpuKernel: KernelConfig | undefined,
    inputs: NamedTensorInfoMap,
    attrs: NamedAttrMap | undefined,
    name: string,
  ): TensorInfo | TensorInfo[] {
    if (native !== undefined && Object.keys(inputs).every((key) => isNumeric(inputs[key]))) {
      this.program.recorder.kernel = name;
      const result = native.record(this.kernelCall(inputs, attrs ?? {}));
      if (result !== undefined && [result].flat().every(({ shape }) => sizeOf(shape) > 0)) {
        const infos = [result].flat().map((value) => this.infoOf(value));
        this.program.cutIfLong([result].flat()[0]!);
        return Array.isArray(result) ? infos : infos[0]!;
      }
    }
    if (cpuKernel === undefined) throw new BackendError("NOT_TRACEABLE", `${name}: there is no CPU kernel for these inputs.`);
    return this.fallback(cpuKernel, inputs, attrs);
  }

  private fallback(kernel: KernelConfig, inputs: NamedTensorInfoMap, attrs: NamedAttrMap | undefined): TensorInfo[] | TensorInfo {
    this.fallbacks.set(kernel.kernelName, (this.fallbacks.get(kernel.kernelName) ?? 0) + 1);
    this.program.recorder.kernel = kernel.kernelName;
    const results = runOnCpu(kernel, inputs, attrs, (info) => this.readSync(info.dataId));
    const infoOf = ({ values, shape, dtype }: HostResult): TensorInfo => {
      const dataId = {};
      this.store.set(dataId, { ...this.stored(values, dtype, false), refCount: 1 });
      return { dataId, shape, dtype };
    };
    return Array.isArray(results) ? results.map(infoOf) : infoOf(results);
  }

  private kernelCall(inputs: NamedTensorInfoMap, attrs: NamedAttrMap): KernelCall {
    const input = (name: string) => this.recordedValue(inputs[name]!);
    return {
      recorder: this.program.recorder,
      attrs,
      input,
      optional: (name) => (inputs[name] === undefined || inputs[name] === null ? undefined : input(name)),
      list: () => Object.keys(inputs).map(input),
      info: (name) => inputs[name]!,
      known: (name) => this.program.recorder.known(input(name)),
    };
  }

  private stored(values: BackendValues, dtype: DataType, copy: boolean): Omit<Stored, "refCount"> {
    if (dtype === "string" || dtype === "complex64") return { value: undefined, host: values, dtype };
    const value = this.program.leafOf(values as Float32Array, dtype, copy);
    this.program.hold(value);
    return { value, host: undefined, dtype };
  }

  /** What a tensor stands for, under the shape that it was made with; nothing where no graph can hold it, or another backend does. */
  valueBehind({ dataId }: TensorInfo): Value | undefined {
    return this.store.has(dataId) ? this.store.get(dataId).value : undefined;
  }
}

function isNumeric(info: TensorInfo | undefined | null): boolean {
  if (info === undefined || info === null) return true;
  return (info.dtype === "float32" || info.dtype === "int32" || info.dtype === "bool") && sizeOf(info.shape) > 0;
}
