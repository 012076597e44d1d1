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
import type { Tensor as RuntimeTensor } from "onnxruntime-node";
import { BackendError } from "./backend-error.js";
import { BufferPool } from "./buffer-pool.js";
import { onConfigure } from "./configure.js";
import { DeviceValues } from "./device-values.js";
import { type HostResult, runOnCpu } from "./fallback.js";
import { collectGraph, type Graph } from "./graph-compiler.js";
import { isUniform } from "./is-uniform.js";
import type { KernelCall, NativeKernel } from "./kernels/kernel.js";
import { filled, type GraphData, Recorder, sizeOf, type Value } from "./recorder.js";
import { runError } from "./run-error.js";
import { type CompiledGraph, SessionCache } from "./session-cache.js";

/** Name under which TensorFlow.js knows this backend. */
export const backendName = "onnxruntime";

/** What a data id stands for: a value of the recorded program, or elements that no graph can hold (strings, complex numbers). */
interface Stored {
  value: Value | undefined;
  host: BackendValues | undefined;
  dtype: DataType;
  refCount: number;
}

/** From this many elements on, a copy of what a program gives is made in a buffer that is free. */
const pooledCopyElements = 4096;
/** Nodes after which a program that reads nothing is run, at the next place where it was cut before (so that equal steps give equal graphs). */
const cutAfterNodes = 6000;

/**
 * A TensorFlow.js backend whose kernels record. A read computes everything that is alive and not computed yet, in one run of one ONNX graph,
 * which is compiled the first time its structure is seen.
 */
export class OnnxRuntimeBackend extends KernelBackend {
  readonly recorder = new Recorder();
  readonly sessions = new SessionCache();
  readonly device = new DeviceValues();
  /** Graphs run so far, and the milliseconds that ONNX Runtime took for them. */
  runs = 0;
  runMs = 0;
  /** Kernels that were left to the CPU, with the number of calls. */
  readonly fallbacks = new Map<string, number>();
  /** A function is being traced: values that depend on its inputs can't be read, and buffers are not used again. */
  tracing = false;
  private readonly store: DataStorage<Stored> = new DataStorage(this, {
    // Asked for data that are not here: another backend has them, or nobody.
    moveData: (backend, dataId) => {
      if (!engine().state.tensorInfo.has(dataId)) {
        throw new BackendError(
          "INVALID_ARGUMENT",
          `${this.recorder.kernel || "read"}: received a tensor that is disposed. Use it before, or keep it with tf.keep.`,
        );
      }
      engine().moveData(backend, dataId);
    },
  });
  private readonly live = new Set<Value>();
  private readonly pool = new BufferPool();
  private retired: Value[] = [];
  private cutAt: string | undefined;

  constructor() {
    super();
    onConfigure(() => this.sessions.clear());
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
    this.materialise(value);
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
    if (stored.value?.splat !== undefined) this.materialise(stored.value);
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
    if (stored.value !== undefined) this.release(stored.value);
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
    this.flush();
    const start = util.now();
    f();
    this.flush();
    return { kernelMs: util.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {
    this.sessions.clear();
    this.live.clear();
    this.retired = [];
    this.pool.clear();
    this.device.memory.clear();
  }

  /** A new data id for a value. */
  infoOf(value: Value): TensorInfo {
    const dataId = {};
    this.hold(value);
    this.store.set(dataId, { value, host: undefined, dtype: value.dtype as DataType, refCount: 1 });
    return { dataId, shape: [...value.shape], dtype: value.dtype as DataType };
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
      throw new BackendError("NOT_TRACEABLE", `${this.recorder.kernel}: expected a numeric tensor, received dtype ${info.dtype}.`);
    return this.recorder.reshaped(value, info.shape);
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
      this.recorder.kernel = name;
      const result = native.record(this.kernelCall(inputs, attrs ?? {}));
      if (result !== undefined && [result].flat().every(({ shape }) => sizeOf(shape) > 0)) {
        const infos = [result].flat().map((value) => this.infoOf(value));
        this.cutIfLong([result].flat()[0]!);
        return Array.isArray(result) ? infos : infos[0]!;
      }
    }
    if (cpuKernel === undefined) throw new BackendError("NOT_TRACEABLE", `${name}: there is no CPU kernel for these inputs.`);
    return this.fallback(cpuKernel, inputs, attrs);
  }

  private fallback(kernel: KernelConfig, inputs: NamedTensorInfoMap, attrs: NamedAttrMap | undefined): TensorInfo[] | TensorInfo {
    this.fallbacks.set(kernel.kernelName, (this.fallbacks.get(kernel.kernelName) ?? 0) + 1);
    this.recorder.kernel = kernel.kernelName;
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
      recorder: this.recorder,
      attrs,
      input,
      optional: (name) => (inputs[name] === undefined || inputs[name] === null ? undefined : input(name)),
      list: () => Object.keys(inputs).map(input),
      info: (name) => inputs[name]!,
      known: (name) => this.recorder.known(input(name)),
    };
  }

  private stored(values: BackendValues, dtype: DataType, copy: boolean): Omit<Stored, "refCount"> {
    if (dtype === "string" || dtype === "complex64") return { value: undefined, host: values, dtype };
    const value = this.leafOf(values as Float32Array, dtype, copy);
    this.hold(value);
    return { value, host: undefined, dtype };
  }

  private leafOf(values: ArrayLike<number>, dtype: "float32" | "int32" | "bool", copy: boolean): Value {
    const Kind = dtype === "float32" ? Float32Array : dtype === "int32" ? Int32Array : Uint8Array;
    const shape = [values.length];
    if (values.length > 1 && isUniform(values)) return this.recorder.splat(dtype, shape, Kind.of(values[0]!)[0]!);
    if (copy && values.length >= pooledCopyElements && !this.device.isActive) {
      // A batch of each step lies where that of an earlier one did.
      const tensor = this.pool.take(dtype, shape);
      const leaf = this.recorder.leaf(dtype, shape, tensor.data as GraphData);
      (leaf.data as Float32Array).set(values);
      leaf.tensor = tensor;
      leaf.pooled = true;
      return leaf;
    }
    const data: GraphData = values instanceof Kind && !copy ? values : Kind.from(values);
    const leaf = this.recorder.leaf(dtype, shape, data);
    leaf.escaped = !copy;
    return leaf;
  }

  private hold(value: Value): void {
    value.holders++;
    if (value.origin !== undefined) {
      // Two data ids share a buffer now: it is not written again, whichever goes first.
      value.origin.escaped = true;
      value.origin.holders++;
    }
    if (value.node !== undefined && value.data === undefined && !value.traced) this.live.add(value);
  }

  /** One holder fewer. */
  release(value: Value): void {
    if (value.origin !== undefined) this.release(value.origin);
    if (--value.holders > 0) return;
    this.live.delete(value);
    if (value.onDevice || (value.pooled && !value.escaped)) this.retired.push(value);
  }

  /** Computes a value, and with it everything else that is alive; its elements are an array then. */
  materialise(value: Value): void {
    if (value.data !== undefined) return;
    if (value.onDevice || value.origin !== undefined) {
      this.device.read(value);
      return;
    }
    if (value.splat !== undefined) {
      value.data = filled(value.dtype as "float32", sizeOf(value.shape), value.splat);
      value.splat = undefined;
      return;
    }
    if (value.traced) {
      throw new BackendError(
        "READ_WHILE_TRACING",
        `${this.recorder.kernel || "read"}: the values of a traced function's inputs are not known, so nothing that depends on them can be read (dataSync, a kernel without an ONNX form, a branch on a value).`,
      );
    }
    this.flush(value);
  }

  /** Computes everything that is alive and not computed yet, in one run. */
  flush(wanted?: Value): void {
    const roots = this.pending();
    if (wanted !== undefined && !this.live.has(wanted)) {
      roots.push(wanted);
      roots.sort((a, b) => a.id - b.id);
    }
    try {
      if (roots.length > 0) this.run(collectGraph(roots), wanted);
      this.settle();
    } catch (error) {
      // Another tensor that is alive can't be computed. What was asked for may be: the rest stays as it is.
      if (wanted === undefined || roots.length === 1) throw error;
      this.run(collectGraph([wanted]), wanted);
    }
  }

  /** What a tensor stands for, under the shape that it was made with; nothing where no graph can hold it, or another backend does. */
  valueBehind({ dataId }: TensorInfo): Value | undefined {
    return this.store.has(dataId) ? this.store.get(dataId).value : undefined;
  }

  /** Computes a value if it is not; where its elements are then does not matter. */
  compute(value: Value): void {
    if (value.data === undefined && !value.onDevice && value.origin === undefined) this.materialise(value);
  }

  /** Keeps a value's elements as they are although no tensor may hold it any longer, until {@link release}. */
  pin(value: Value): void {
    (value.origin ?? value).escaped = true;
    this.hold(value);
  }

  /** Everything that is alive and not computed yet, in the order of recording. */
  pending(): Value[] {
    return [...this.live].sort((a, b) => a.id - b.id);
  }

  /** Runs a graph that was compiled before on other leaves. @returns its roots, computed */
  replay(compiled: CompiledGraph, leaves: readonly Value[], roots: readonly Value[]): void {
    this.runCompiled(compiled, { key: "", nodes: [], constants: [], leaves, roots }, undefined);
    this.settle();
  }

  private settle(): void {
    this.recorder.settle();
    if (this.tracing) return;
    for (const value of this.retired) {
      if (value.holders > 0) continue;
      if (value.onDevice) this.device.release(value);
      else if (value.pooled && !value.escaped) this.pool.give(value.tensor!);
    }
    this.retired = [];
  }

  private run(graph: Graph, wanted: Value | undefined): void {
    this.runCompiled(this.sessions.get(graph), graph, wanted);
  }

  private runCompiled(compiled: CompiledGraph, graph: Graph, wanted: Value | undefined): void {
    const feeds: Record<string, RuntimeTensor> = {};
    const fetches: Record<string, RuntimeTensor> = {};
    const { inputNames, outputNames } = compiled;
    for (const [at, leaf] of graph.leaves.entries()) feeds[inputNames[at]!] = this.device.feed(leaf);
    const staysOnDevice = (root: Value) => this.device.isActive && root !== wanted;
    const memoryOf = (root: Value) => (staysOnDevice(root) ? this.device.memory : this.pool);
    const results = graph.roots.map((root) => memoryOf(root).take(root.dtype as "float32", root.shape));
    for (const [at, result] of results.entries()) fetches[outputNames[at]!] = result;
    const start = performance.now();
    try {
      compiled.session.run(feeds, fetches);
    } catch (cause) {
      for (const [at, result] of results.entries()) memoryOf(graph.roots[at]!).give(result);
      throw runError(graph, cause as Error);
    }
    this.runMs += performance.now() - start;
    this.runs++;
    for (const [at, root] of graph.roots.entries()) {
      root.tensor = results[at]!;
      root.onDevice = staysOnDevice(root);
      if (!root.onDevice) root.data = root.tensor.data as Float32Array;
      root.pooled = !root.onDevice;
      root.node = undefined;
      root.views = undefined;
      root.unexpanded = undefined;
      this.live.delete(root);
    }
    if (this.device.isActive) this.device.fetched(wanted);
  }

  /** Runs a program that has grown long without a read. */
  private cutIfLong(result: Value): void {
    const { pending } = this.recorder;
    if (pending < cutAfterNodes || this.tracing) return;
    // A place is a few nodes in a row. Cutting at the same place of each step keeps their graphs equal; a program that never comes back there is cut anyway.
    let place = "";
    for (let node = result.node, depth = 0; node !== undefined && depth < 8; node = node.inputs[0]?.node, depth++)
      place += `${node.signature},`;
    if (this.cutAt !== undefined && place !== this.cutAt && pending < 3 * cutAfterNodes) return;
    this.cutAt = place;
    this.flush();
  }
}

function isNumeric(info: TensorInfo | undefined | null): boolean {
  if (info === undefined || info === null) return true;
  return (info.dtype === "float32" || info.dtype === "int32" || info.dtype === "bool") && sizeOf(info.shape) > 0;
}
