import { join } from "node:path";
import { encodeOnnxModel } from "@quaterion/formats";
import type { InferenceSession } from "onnxruntime-node";
import { BackendError } from "./backend-error.js";
import { currentSettings, type Device } from "./configure.js";
import { withoutPlace } from "./device-problem.js";
import { elementsMade, type Graph, graphModel, nameOf, onnxNode, outputElements, workingElements } from "./graph-compiler.js";
import { loadOptimized } from "./graph-folder.js";
import { emptySequence, inPlaceSession, writesInPlace } from "./in-place-outputs.js";
import { runsOnProcessor } from "./processor-nodes.js";
import { loadSession, type SyncSession } from "./run-sync.js";

/** A graph that ONNX Runtime has loaded. Names of inputs and outputs are in the order of the graph's leaves and roots. */
export interface CompiledGraph {
  readonly session: SyncSession;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Estimated memory: the model, and what its nodes work in where the session keeps that between runs. */
  readonly bytes: number;
  /** The part of `bytes` that a large graph works in. */
  readonly workingBytes: number;
}

interface HeldGraph {
  readonly compiled: CompiledGraph;
  /** The number of its last use. */
  readonly usedAt: number;
}

/** Below this many elements a second thread costs more (its start, its wake-ups) than it computes. */
const smallGraphElements = 20_000;
/** Below this many elements of output the binding's copy takes less than its refusal, some fifty microseconds. */
const smallOutputElements = 100_000;
/** From this many elements on, a graph keeps its working memory only where there is room for it. */
const largeGraphElements = 50_000_000;
/** Working memory that large graphs may keep, as a share of all that compiled graphs may hold. */
const workingShare = 0.25;
/** Sessions beyond this number are dropped whatever they weigh. */
const largestCount = 512;

/** Compiled graphs by structure, the least recently used dropped first. */
export class SessionCache {
  /** Graphs compiled so far, and the milliseconds that it took. */
  compiles = 0;
  compileMs = 0;
  /** Estimated bytes of the graphs held. */
  bytes = 0;
  /** How often a graph was asked for so far. */
  uses = 0;
  private workingBytes = 0;
  /** The least recently used first. */
  private readonly graphs = new Map<string, HeldGraph>();

  /** Graphs held. */
  get size(): number {
    return this.graphs.size;
  }

  /** The compiled form of `graph`. @throws {BackendError} `COMPILE_FAILED`; `DEVICE_UNAVAILABLE` when the device that was chosen is not there */
  get(graph: Graph): CompiledGraph {
    const known = this.find(graph.key);
    if (known !== undefined) return known;
    const start = performance.now();
    const compiled = compile(graph, currentSettings().sessionCacheBytes * workingShare - this.workingBytes);
    this.compileMs += performance.now() - start;
    this.compiles++;
    this.bytes += compiled.bytes;
    this.workingBytes += compiled.workingBytes;
    this.graphs.set(graph.key, { compiled, usedAt: ++this.uses });
    this.trim();
    return compiled;
  }

  /** The compiled form of a structure, if it is still held. */
  find(key: string): CompiledGraph | undefined {
    const known = this.graphs.get(key);
    if (known === undefined) return undefined;
    this.graphs.delete(key);
    this.graphs.set(key, { compiled: known.compiled, usedAt: ++this.uses });
    return known.compiled;
  }

  /** Drops every graph. */
  clear(): void {
    this.release(this.uses);
  }

  /** Drops the graphs that were asked for within the first `uses` alone. */
  release(uses: number): void {
    for (const [key, { usedAt }] of this.graphs) {
      if (usedAt > uses) return;
      this.drop(key);
    }
  }

  /** Drops the oldest graphs beyond the limits, but never the newest one. */
  private trim(): void {
    for (const key of this.graphs.keys()) {
      if (this.graphs.size <= 1 || (this.bytes <= currentSettings().sessionCacheBytes && this.graphs.size <= largestCount)) return;
      this.drop(key);
    }
  }

  private drop(key: string): void {
    const { session, bytes, workingBytes } = this.graphs.get(key)!.compiled;
    this.graphs.delete(key);
    this.bytes -= bytes;
    this.workingBytes -= workingBytes;
    session.dispose();
  }
}

/** @param room bytes that a large graph may go on holding between its runs */
function compile(graph: Graph, room: number): CompiledGraph {
  const elements = elementsMade(graph);
  const { threads, device, profileFolder } = currentSettings();
  const isLarge = device === "cpu" && elements >= largeGraphElements;
  const largeBytes = isLarge ? workingElements(graph) * 4 : 0;
  const keepsMemory = largeBytes <= room || !isLarge;
  const inPlace = device === "cpu" && outputElements(graph) >= smallOutputElements && writesInPlace();
  const model = graphModel(graph, inPlace ? emptySequence : undefined);
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: elements < smallGraphElements ? 1 : threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    // A session's arena keeps for ever what one run took: hundreds of megabytes for each graph of a transformer's step, and a run on texts has dozens of
    // graphs. Those for which there is no room take memory from the process's allocator, which lends the same to all of them, but gives it back to the
    // system after each run: touching it anew is a fifth of such a step, and up to half on a virtual machine.
    enableCpuMemArena: keepsMemory,
    // Planning the memory of a run as one block takes a second one as large beside the first run's, and is no faster.
    enableMemPattern: false,
    graphOptimizationLevel: elements < smallGraphElements ? "basic" : "all",
    // Errors reach the caller as exceptions; the library's own log would print them a second time.
    logSeverityLevel: 4,
    executionProviders: [provider(device, graph)],
    ...(profileFolder !== "" && { enableProfiling: true, profileFilePrefix: join(profileFolder, `graph-${graph.nodes.length}-nodes`) }),
    // Idle threads stop spinning between steps, so that they don't starve the program's own work.
    extra: {
      session: { force_spinning_stop: "1" },
      // A bias as a Gemm's C is copied over the result by one thread before the product: the sum after it takes both, on what lies in the cache.
      optimization: { disable_specified_optimizers: unwantedFusion },
    },
  };
  const workingBytes = keepsMemory ? largeBytes : 0;
  try {
    const session = loadGraph(model, options);
    return {
      session: inPlace ? inPlaceSession(session) : session,
      inputNames: graph.leaves.map(nameOf),
      outputNames: graph.roots.map(nameOf),
      // Without an arena a session is its nodes, which take several times what they are written in.
      bytes: isLarge ? model.length * 8 + workingBytes : model.length + elements * 2,
      workingBytes,
    };
  } catch (cause) {
    if (cause instanceof BackendError) throw cause;
    refuseMissingDevice(device);
    const kernels = [...new Set(graph.nodes.map((node) => node.kernel))];
    throw new BackendError(
      "COMPILE_FAILED",
      `ONNX Runtime refuses a graph of the kernels ${kernels.slice(0, 12).join(", ")}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** ONNX Runtime's name of a device, with the nodes that must not go there. */
function provider(device: Device, { nodes }: Graph): string | { name: string; forceCpuNodeNames: string[] } {
  if (device !== "webgpu") return device;
  const forceCpuNodeNames = nodes.flatMap((node, position) => (runsOnProcessor(node) ? [onnxNode(node, position).name!] : []));
  return forceCpuNodeNames.length > 0 ? { name: device, forceCpuNodeNames } : device;
}

const unwantedFusion = "MatMulAddFusion";

/**
 * Loads a graph, and where ONNX Runtime's own rewriting makes one of it that it then refuses, again without the rule that does: MatMulScaleFusion takes a
 * scaled array out of the graph though another scaling reads it too (an adapter's product, scaled, of dropout's, scaled; 1.30).
 */
function loadGraph(model: Uint8Array, options: InferenceSession.SessionOptions): ReturnType<typeof loadOptimized> {
  try {
    return loadOptimized(model, options);
  } catch (cause) {
    if (!/Node input '.*' is not a graph input/.test((cause as Error).message)) throw cause;
    const optimization = { disable_specified_optimizers: `${unwantedFusion};MatMulScaleFusion` };
    return loadOptimized(model, { ...options, extra: { ...options.extra, optimization } });
  }
}

/** @throws {BackendError} `DEVICE_UNAVAILABLE` when not even a graph of one node starts there */
function refuseMissingDevice(device: Device): void {
  if (device === "cpu") return;
  const model = encodeOnnxModel({
    nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
    inputs: [{ name: "x", dtype: "float32", shape: [1] }],
    outputs: [{ name: "y", dtype: "float32", shape: [1] }],
  });
  try {
    loadSession(model, { executionProviders: [device], logSeverityLevel: 4 }).dispose();
  } catch (cause) {
    const remedy = device === "webgpu" ? "Install a GPU driver (on Linux: Vulkan), or" : "See to CUDA 12 and cuDNN 9, or";
    throw new BackendError(
      "DEVICE_UNAVAILABLE",
      `Device "${device}" does not start here: ${withoutPlace((cause as Error).message)}. ${remedy} choose device "cpu".`,
      { cause },
    );
  }
}
