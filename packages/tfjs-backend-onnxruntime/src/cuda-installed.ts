import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What to do where {@link cudaInstalled} is false. */
export const cudaMissing =
  "ONNX Runtime's CUDA provider is not installed. It exists for Linux on x64 (CUDA 12, cuDNN 9): run onnxruntime-node's install script with ONNXRUNTIME_NODE_INSTALL=cuda12 (for instance `npm rebuild onnxruntime-node`), which downloads it";

/** Does ONNX Runtime's CUDA provider lie where ONNX Runtime looks for it? It is not part of the npm package. */
export function cudaInstalled(): boolean {
  const folder = join(dirname(runtimeEntry()), "..", "bin", "napi-v6", process.platform, process.arch);
  return existsSync(join(folder, process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so"));
}

/** The file that `require("onnxruntime-node")` loads. */
export function runtimeEntry(): string {
  return createRequire(import.meta.url).resolve("onnxruntime-node");
}
