import type { Tensor as RuntimeTensor } from "onnxruntime-node";
import { BackendError } from "./backend-error.js";
import { BufferPool } from "./buffer-pool.js";
import { DeviceValues } from "./device-values.js";
import { filled, sizeOf } from "./element-arrays.js";
import { collectGraph, type Graph } from "./graph-compiler.js";
import { isUniform } from "./is-uniform.js";
import { Recorder } from "./recorder.js";
import { runError } from "./run-error.js";
import { type CompiledGraph, SessionCache } from "./session-cache.js";
import type { GraphData, Value } from "./value.js";

/** From this many elements on, a copy of what a program gives is made in a buffer that is free. */
const pooledCopyElements = 4096;
/** Nodes after which a program that reads nothing is run, at the next place where it was cut before (so that equal steps give equal graphs). */
const cutAfterNodes = 6000;

/**
 * What was recorded and is alive, and how it is computed: a wanted value, and with it everything else that is alive and not computed yet, in one
 * run of one ONNX graph. Knows nothing of tensors; a value lives while somebody holds it.
 */
export class Program {
  readonly recorder = new Recorder();
  readonly sessions = new SessionCache();
  readonly device = new DeviceValues();
  /** Graphs run so far, and the milliseconds that ONNX Runtime took for them. */
  runs = 0;
  runMs = 0;
  /** A function is being traced: values that depend on its inputs can't be read, and buffers are not used again. */
  tracing = false;
  private readonly live = new Set<Value>();
  private readonly pool = new BufferPool();
  private retired: Value[] = [];
  private cutAt: string | undefined;

  /** A value of known elements. `copy`: the caller may change its array before the graph runs. */
  leafOf(values: ArrayLike<number>, dtype: "float32" | "int32" | "bool", copy: boolean): Value {
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

  /** One holder more. */
  hold(value: Value): void {
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
    // Where nothing waits to be computed, what the last step let go of can be written at once: two sets of weights, not three.
    if (this.live.size === 0) this.settle();
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
  cutIfLong(result: Value): void {
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

  /** Lets go of graphs that were asked for within the first `uses` alone, and of free buffers. What tensors hold stays. */
  trim(uses: number): void {
    if (this.live.size === 0) this.settle();
    this.sessions.release(uses);
    this.pool.clear();
    this.device.memory.clear();
  }

  /** Forgets everything: sessions, values and buffers. */
  clear(): void {
    this.sessions.clear();
    this.live.clear();
    this.retired = [];
    this.pool.clear();
    this.device.memory.clear();
  }
}
