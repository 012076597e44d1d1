import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { encodeOnnxModel } from "@quaterion/formats";
import type { Device } from "./configure.js";

/** A driver that has not answered by then will not be of use. */
const defaultTimeoutMs = 20_000;

/** Runs in a process of its own: drivers print warnings that no setting stops, and a broken one takes its process with it. */
const script = `
const [entry, device, model] = process.argv.slice(1);
const { InferenceSession, Tensor } = require(entry);
(async () => {
  const session = await InferenceSession.create(Buffer.from(model, "base64"), { executionProviders: [device], logSeverityLevel: 4 });
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(1, 2), [2]) });
  if (y.data[1] !== 4) throw new Error("2 + 2 came out as " + y.data[1]);
})().then(() => process.exit(0), (error) => process.stdout.write(error.message, () => process.exit(1)));
`;

/**
 * Why graphs can't run on a device here; `undefined` where they can. It is tried in a process of its own, which takes a fraction of a second and prints nothing.
 *
 * @param timeoutMs after which a driver that does not answer counts as missing. Default: 20,000
 */
export async function deviceProblem(device: Device, timeoutMs = defaultTimeoutMs): Promise<string | undefined> {
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
  const model = encodeOnnxModel({
    nodes: [{ op: "Add", inputs: ["x", "x"], outputs: ["y"] }],
    inputs: [{ name: "x", dtype: "float32", shape: [2] }],
    outputs: [{ name: "y", dtype: "float32", shape: [2] }],
  });
  const args = ["-e", script, entry, device, Buffer.from(model).toString("base64")];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: timeoutMs, killSignal: "SIGKILL", windowsHide: true }, (error, stdout) => {
      if (error === null) resolve(undefined);
      else if (stdout !== "") resolve(plainReason(stdout));
      else if (error.killed) resolve(`its driver did not answer within ${timeoutMs} ms`);
      else resolve(`its driver ended the process that tried it (${error.signal ?? `exit code ${error.code}`})`);
    });
  });
}

/** ONNX Runtime's message without the place in its source. */
export function plainReason(message: string): string {
  return message
    .replace(/^.*? was false\. /s, "")
    .replace(/^.*?: Failed to load /s, "Failed to load ")
    .trim();
}
