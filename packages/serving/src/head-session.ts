import { IncompatibleError } from "@quaterion/core";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** A head that ONNX Runtime runs. */
export interface HeadSession {
  /** @param inputs `[rows, inputDim]` @returns `[rows, dim]` */
  run(inputs: Float32Array): Promise<Float32Array>;
}

/**
 * Opens a head: an ONNX model from `input [batch, inputDim]` to `embedding [batch, dim]`.
 * @param path where the bytes come from, for messages
 * @throws {IncompatibleError} when ONNX Runtime can't load it, or its input and output are others
 */
export async function headSession(bytes: Uint8Array, path: string, inputDim: number, dim: number, threads?: number): Promise<HeadSession> {
  const options: InferenceSession.SessionOptions = { executionProviders: ["cpu"], logSeverityLevel: 3 };
  if (threads !== undefined) options.intraOpNumThreads = threads;
  const session = await InferenceSession.create(bytes, options).catch((cause: Error) => {
    throw new IncompatibleError(`${path} can't be loaded as an ONNX model: ${cause.message} Save the model again.`, { cause });
  });
  if (!session.inputNames.includes("input") || !session.outputNames.includes("embedding")) {
    throw new IncompatibleError(
      `${path} must read \`input\` and give \`embedding\`; it reads ${session.inputNames.join(", ")} and gives ${session.outputNames.join(", ")}.`,
    );
  }
  return {
    async run(inputs) {
      const rows = inputs.length / inputDim;
      if (rows === 0) return new Float32Array(0);
      const { embedding } = await session.run({ input: new Tensor("float32", inputs, [rows, inputDim]) });
      const data = embedding!.data;
      if (!(data instanceof Float32Array) || data.length !== rows * dim) {
        throw new IncompatibleError(
          `${path} must give float32 embeddings of dimension ${dim}, as the manifest says; it gave ${embedding!.type} [${embedding!.dims.join(", ")}] for ${rows} rows.`,
        );
      }
      return data;
    },
  };
}
