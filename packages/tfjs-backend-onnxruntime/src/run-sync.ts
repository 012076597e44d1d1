import { createRequire } from "node:module";
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-node";
import { BackendError } from "./backend-error.js";

/** A loaded graph whose `run` returns when the work is done. */
export interface SyncSession {
  /** Runs the graph. A tensor given in `fetches` is written in place; `null` asks for a new one. @returns the new ones */
  run(feeds: Readonly<Record<string, Tensor>>, fetches: Readonly<Record<string, Tensor | null>>): Record<string, Tensor>;
  /** Frees the native memory. */
  dispose(): void;
}

interface NativeSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: InferenceSession.SessionOptions): void;
  run(feeds: object, fetches: object, options: object): Record<string, Tensor>;
  endProfiling(): void;
  dispose(): void;
}

interface Runtime {
  Session: new () => NativeSession;
  Tensor: TensorConstructor;
  version: string;
}

let loaded: Runtime | undefined;

/** The native library. Its public interface only returns promises, although the work below it is synchronous; `dataSync()` cannot wait for one, so this opens the binding itself. */
function runtime(): Runtime {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  try {
    const { Tensor, env } = require("onnxruntime-node") as typeof import("onnxruntime-node");
    const { binding, initOrt } = require("onnxruntime-node/dist/binding.js") as {
      binding?: { InferenceSession?: new () => NativeSession };
      initOrt?: () => void;
    };
    const Session = binding?.InferenceSession;
    if (
      Session === undefined ||
      initOrt === undefined ||
      typeof Session.prototype.run !== "function" ||
      typeof Session.prototype.loadModel !== "function"
    ) {
      throw new Error(`onnxruntime-node ${env.versions.node ?? "of unknown version"} has another native interface than this package knows`);
    }
    initOrt();
    loaded = { Session, Tensor, version: env.versions.node ?? env.versions.common };
    return loaded;
  } catch (cause) {
    throw new BackendError(
      "BINDING_MISSING",
      `onnxruntime-node cannot be used on ${process.platform}-${process.arch}, Node ${process.version}: ${(cause as Error).message}. Install onnxruntime-node 1.30 (its install script may stay blocked), or choose another TensorFlow.js backend.`,
      { cause },
    );
  }
}

/** Version of onnxruntime-node. @throws {BackendError} `BINDING_MISSING` */
export function runtimeVersion(): string {
  return runtime().version;
}

/** A tensor over `data`, which is not copied. */
export function runtimeTensor(
  dtype: "float32" | "int32" | "bool" | "int64",
  data: Float32Array | Int32Array | Uint8Array | BigInt64Array,
  shape: readonly number[],
): Tensor {
  return new (runtime().Tensor)(dtype as "float32", data as Float32Array, shape as number[]);
}

/** The elements of a device tensor under another shape of the same size. The buffer stays that tensor's: it is freed by its `dispose`. */
export function viewOfDeviceTensor(tensor: Tensor, shape: readonly number[]): Tensor {
  return runtime().Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: tensor.type as "float32", dims: shape as number[] });
}

/** Loads a model. @throws the binding's own error when the model is refused */
export function loadSession(model: Uint8Array, options: InferenceSession.SessionOptions): SyncSession {
  const session = new (runtime().Session)();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
  return {
    run(feeds, fetches) {
      const outputs = session.run(feeds, fetches, {});
      for (const name in fetches) {
        // For a device tensor given as a place, the binding makes a second handle, which it would never free.
        if (fetches[name]?.location === "gpu-buffer") {
          outputs[name]!.dispose();
          outputs[name] = fetches[name];
        }
      }
      return outputs;
    },
    dispose() {
      // Writes the profile, where one was asked for.
      if (options.enableProfiling) session.endProfiling();
      session.dispose();
    },
  };
}
