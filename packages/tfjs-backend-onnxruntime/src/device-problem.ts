import { execFile } from "node:child_process";
import { encodeOnnxModel } from "@quaterion/formats";
import type { Device } from "./configure.js";
import { cudaInstalled, cudaMissing, runtimeEntry } from "./cuda-installed.js";

/** Options of {@link deviceProblem}. */
export interface DeviceTrial {
  /** A driver that has not answered by then counts as missing. Default: 20,000. */
  readonly timeoutMs?: number;
  /** A product of two 256 × 256 matrices that takes longer is a problem, too: that tells drivers that compute on the processor. Default: any time will do. */
  readonly longestProductMs?: number;
}

/** Runs in a process of its own: drivers print warnings that no setting stops, and a broken one takes its process with it. */
const script = `
const [entry, device, model, longestMs] = process.argv.slice(1);
const { InferenceSession, Tensor } = require(entry);
const matrix = (size) => new Tensor("float32", new Float32Array(size * size).fill(2), [size, size]);
(async () => {
  const session = await InferenceSession.create(Buffer.from(model, "base64"), { executionProviders: [device], logSeverityLevel: 4 });
  const { y } = await session.run({ x: matrix(1) });
  if (y.data[0] !== 4) throw new Error("2 · 2 came out as " + y.data[0]);
  if (longestMs === "Infinity") return;
  const x = matrix(256);
  await session.run({ x });
  const start = performance.now();
  await session.run({ x });
  const ms = performance.now() - start;
  if (ms > longestMs) throw new Error("slower than a processor: a product of two 256 × 256 matrices takes " + ms.toFixed(0) + " ms");
})().then(() => process.exit(0), (error) => process.stdout.write(error.message, () => process.exit(1)));
`;

/**
 * Why graphs can't run on a device here; `undefined` where they can. It is tried in a process of its own, which takes a fraction of a second and prints nothing.
 */
export async function deviceProblem(
  device: Device,
  { timeoutMs = 20_000, longestProductMs = Number.POSITIVE_INFINITY }: DeviceTrial = {},
): Promise<string | undefined> {
  if (device === "cuda" && !cudaInstalled()) return cudaMissing;
  const model = encodeOnnxModel({
    nodes: [{ op: "MatMul", inputs: ["x", "x"], outputs: ["y"] }],
    inputs: [{ name: "x", dtype: "float32", shape: ["size", "size"] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["size", "size"] }],
  });
  const args = ["-e", script, runtimeEntry(), device, Buffer.from(model).toString("base64"), `${longestProductMs}`];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: timeoutMs, killSignal: "SIGKILL", windowsHide: true }, (error, stdout) => {
      if (error === null) resolve(undefined);
      else if (stdout !== "") resolve(withoutPlace(stdout));
      else if (error.killed) resolve(`its driver did not answer within ${timeoutMs} ms`);
      else resolve(`its driver ended the process that tried it (${error.signal ?? `exit code ${error.code}`})`);
    });
  });
}

/** ONNX Runtime's message without the place in its source. */
export function withoutPlace(message: string): string {
  return message.replace(/^.*? was false\. /s, "").trim();
}
