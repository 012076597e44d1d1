import { NotFoundError, oneOf } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type EngineName, engineNames, startEngine } from "./engine.js";

/**
 * Why training can't run on an engine here: what is missing, and what to install. `undefined` where it starts. {@link fit} asks before it encodes.
 * A GPU is tried in a process of its own first: drivers that are missing or broken print, or end the process.
 *
 * @param threads of the `"onnxruntime"` engine. Default: all cores
 */
export async function engineProblem(name: EngineName, threads?: number): Promise<string | undefined> {
  oneOf(engineNames)(name, "name");
  if (name === "webgpu" || name === "cuda") {
    const { deviceProblem } = await import("@quaterion/tfjs-backend-onnxruntime");
    const problem = await deviceProblem(name);
    if (problem !== undefined) return `${problem}. ${gpuNeeded[name]}`;
  }
  const before = tf.getBackend();
  try {
    await startEngine(name, threads);
    return undefined;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return (error.cause as Error).message;
  } finally {
    if (before) await tf.setBackend(before);
  }
}

const gpuNeeded = {
  webgpu: "It needs a GPU with its driver: on Linux one for Vulkan, with libvulkan.so.1; on Windows and macOS the system's own.",
  cuda: "It needs an NVIDIA GPU with its driver.",
};

/** Engines that are part of what npm installs. */
const always = 'Leave `engine` out (the fastest that starts here is taken), or choose "onnxruntime" or "cpu", which need nothing more.';

/**
 * Refuses an engine that can't start, before anything is encoded.
 * @throws {NotFoundError} what is missing, what to install, and what works instead
 */
export async function checkEngine(name: EngineName | "auto", threads: number | undefined): Promise<void> {
  const problem = name === "auto" ? undefined : await engineProblem(name, threads);
  if (problem !== undefined) throw new NotFoundError(`\`fit.engine\` "${name}" does not start here: ${problem} ${always}`);
}
