import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { NotFoundError } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";

/** What steps run on: ONNX Runtime on the processor, on a GPU through WebGPU or its CUDA provider, TensorFlow's own library, or plain JavaScript. */
export type EngineName = "onnxruntime" | "webgpu" | "cuda" | "tfjs-node-gpu" | "tfjs-node" | "cpu";

export const engineNames: readonly EngineName[] = ["onnxruntime", "webgpu", "cuda", "tfjs-node-gpu", "tfjs-node", "cpu"];

/** Engines that are ONNX Runtime on a device. */
const devices = { onnxruntime: "cpu", webgpu: "webgpu", cuda: "cuda" } as const;

/** An engine that works here. */
export interface Engine {
  readonly name: EngineName;
  /** Threads within one operation, where the engine can be told. */
  readonly threads: number | undefined;
  /** Makes it TensorFlow.js's backend, if another one is. */
  use(): Promise<void>;
  /**
   * For the end of a training: lets go of what was compiled but not used since the engine was started, and of buffers that are free. So the graphs of
   * one training stay for the next one like it, and memory does not grow with the number of trainings.
   */
  tidy(): void;
  /** What it makes of a function that is called many times; where it makes nothing of it, the function itself. */
  readonly compile: Compile;
}

/**
 * Takes a function of tensors (and variables) and gives one that does the same, sooner. What changes from call to call must be among the inputs,
 * or be drawn from what `state` tells the state of.
 */
export type Compile = (fn: (...inputs: tf.Tensor[]) => tf.Tensor[], options: { state: () => unknown }) => CompiledFunction;

/** A function that {@link Compile} made; what it holds is freed by `dispose`. */
export type CompiledFunction = ((...inputs: tf.Tensor[]) => tf.Tensor[]) & { dispose?(): void };

/** Engines that compute at once have nothing to compile. */
export const asItIs: Compile = (fn) => fn;

/**
 * Starts an engine.
 * @throws {NotFoundError} when it does not work here; the message says what is missing
 */
export async function startEngine(name: EngineName, threads = availableParallelism()): Promise<Engine> {
  const runtime = isRuntime(name) ? await import("@quaterion/tfjs-backend-onnxruntime") : undefined;
  let backend = "";
  let unusedSince: number | undefined;
  const use = async () => {
    if (isRuntime(name)) await configureRuntime(name, threads);
    if (tf.getBackend() !== backend) await tf.setBackend(backend);
  };
  try {
    backend = await load(name);
    unusedSince = runtime?.graphUses();
    await use();
    await probe();
  } catch (cause) {
    throw new NotFoundError(`\`fit.engine\` "${name}" does not start here: ${(cause as Error).message}`, { cause });
  }
  return {
    name,
    threads: name === "onnxruntime" ? threads : undefined,
    use,
    tidy: () => runtime?.releaseMemory({ unusedSince }),
    compile: runtime && name !== "cuda" ? runtime.jit : asItIs,
  };
}

/** Registers the gradients and the backend. @returns the backend's name in TensorFlow.js */
async function load(name: EngineName): Promise<string> {
  await import("@quaterion/tfjs-backend-onnxruntime/gradients");
  switch (name) {
    case "onnxruntime":
    case "webgpu":
    case "cuda":
      await import("@quaterion/tfjs-backend-onnxruntime");
      return "onnxruntime";
    case "cpu":
      await import("@tensorflow/tfjs-backend-cpu");
      return "cpu";
    default:
      loadTensorFlow(name);
      return "tensorflow";
  }
}

let configured = "";

function isRuntime(name: EngineName): name is keyof typeof devices {
  return Object.hasOwn(devices, name);
}

async function configureRuntime(name: keyof typeof devices, threads: number): Promise<void> {
  const { configure } = await import("@quaterion/tfjs-backend-onnxruntime");
  const device = devices[name];
  // Configuring drops compiled graphs, so only where something changes.
  if (configured === `${device} ${threads}`) return;
  configure({ device, threads });
  configured = `${device} ${threads}`;
}

/** A product that every engine can make: one that can't fails here, before any work. */
async function probe(): Promise<void> {
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([1, 2], [1, 2]), tf.tensor2d([3, 4], [2, 1])));
  const [value] = await product.data();
  product.dispose();
  if (value !== 11) throw new Error(`[1 2] · [3 4] came out as ${value}, not 11.`);
}

/** Whether the package is installed and its native addon lies where it will look for it. Asked before loading: a failed load leaves half a backend behind. */
export function tensorFlowInstalled(name: "tfjs-node" | "tfjs-node-gpu"): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), "package.json")]) {
    try {
      const entry = createRequire(from).resolve(`@tensorflow/${name}/package.json`);
      const lib = join(dirname(entry), "lib");
      const built =
        existsSync(lib) &&
        readdirSync(lib).some((folder) => /^napi-v\d+$/.test(folder) && existsSync(join(lib, folder, "tfjs_binding.node")));
      if (built) return entry;
    } catch {
      // Not installed as seen from there.
    }
  }
  return undefined;
}

function loadTensorFlow(name: "tfjs-node" | "tfjs-node-gpu"): void {
  const entry = tensorFlowInstalled(name);
  if (entry === undefined) {
    throw new Error(
      `the package @tensorflow/${name} is not installed, or its native addon is not. Install it with its scripts allowed: npm install @tensorflow/${name}.`,
    );
  }
  const require = createRequire(entry);
  // Node 23 removed two functions that this package's last release still calls.
  const util = require("node:util") as Record<string, unknown>;
  util["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  util["isArray"] ??= Array.isArray;
  require(dirname(entry));
}
