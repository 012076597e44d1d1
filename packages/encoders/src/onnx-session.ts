import { IncompatibleError, NotFoundError } from "@quaterion/core";
import { float32FromFloat16 } from "@quaterion/formats";
import type { InferenceSession, Tensor } from "onnxruntime-node";

/** ONNX Runtime as it is needed here. It is loaded when a model is first opened, so that encoders without a model never load native code. */
export interface OnnxRuntime {
  readonly session: InferenceSession;
  readonly Tensor: typeof Tensor;
}

/** Numbers of an output as float32, whatever precision the model has. */
export function floatsOf(data: Tensor["data"]): Float32Array {
  if (data instanceof Float32Array) return data;
  return data instanceof Uint16Array ? float32FromFloat16(data) : Float32Array.from(data as ArrayLike<number>);
}

/**
 * Opens an ONNX model on the CPU.
 * @param model path of the file, or the bytes
 * @param what what the model is, for messages
 * @param awake whether threads wait awake for the next run: quickest where one run follows another, a loss where other work wants the cores between runs
 * @throws {NotFoundError} when onnxruntime-node can't be loaded on this machine
 * @throws {IncompatibleError} when it can't load the model
 */
export async function openOnnxModel(model: string | Uint8Array, what: string, threads?: number, awake = true): Promise<OnnxRuntime> {
  const ort = await import("onnxruntime-node").catch((cause: Error) => {
    throw new NotFoundError(
      `ONNX Runtime can't be loaded on ${process.platform} ${process.arch}: ${cause.message} Run \`npm install onnxruntime-node\`.`,
      { cause },
    );
  });
  const options: InferenceSession.SessionOptions = { executionProviders: ["cpu"], logSeverityLevel: 3 };
  if (!awake) options.extra = { session: { intra_op: { allow_spinning: "0" } } };
  if (threads !== undefined) options.intraOpNumThreads = threads;
  const opened = typeof model === "string" ? ort.InferenceSession.create(model, options) : ort.InferenceSession.create(model, options);
  const session = await opened.catch((cause: Error) => {
    throw new IncompatibleError(`${what} can't be loaded as an ONNX model: ${cause.message}`, { cause });
  });
  return { session, Tensor: ort.Tensor };
}
