import { availableParallelism } from "node:os";
import { deviceProblem } from "@quaterion/tfjs-backend-onnxruntime";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../test/array-data.js";
import { softmax } from "../test/losses.js";
import { startEngine } from "./engine.js";
import { engineProblem } from "./engine-problem.js";
import { fit } from "./fit.js";
import type { FitOptions } from "./options.js";

const gpuHere = { webgpu: (await deviceProblem("webgpu")) === undefined, cuda: (await deviceProblem("cuda")) === undefined };
for (const [name, here] of Object.entries(gpuHere)) if (here) console.warn(`Refusals of ${name} are not tried: it works here`);

/** An encoder that must not be asked. */
const untouched = (): FitOptions<Point>["encoder"] => ({
  ...pointEncoder(8),
  encode: () => Promise.reject(new Error("encoded before the engine was looked at")),
});
const options = (engine: FitOptions<Point>["engine"]): FitOptions<Point> => ({
  data: clusters(1),
  encoder: untouched(),
  loss: softmax,
  engine,
});

describe("an engine that can't start", () => {
  it.each(["tfjs-node", "tfjs-node-gpu"] as const)(
    "is refused before anything is encoded, with what to install and what works: %s",
    async (name) => {
      const refusal = `"${name}" does not start here: the package @tensorflow/${name} is not installed, or its native addon is not. Install it with its scripts allowed: npm install @tensorflow/${name}. Leave`;
      await expect(fit(options(name))).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining(refusal) });
      await expect(fit(options(name))).rejects.toThrow(/or choose "onnxruntime" or "cpu", which need nothing more\.$/);
    },
  );

  it.skipIf(gpuHere.webgpu)("a GPU that is not there: its driver's word, and what it needs", async () => {
    await expect(fit(options("webgpu"))).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/"webgpu" does not start here: .*It needs a GPU with its driver: .*Vulkan.*choose "onnxruntime"/),
    });
  });

  it.skipIf(gpuHere.cuda)("CUDA: the provider or driver that is missing", async () => {
    await expect(fit(options("cuda"))).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/"cuda" does not start here: .*It needs an NVIDIA GPU with its driver\. Leave/s),
    });
  });
});

describe("engineProblem", () => {
  it("knows the names of engines", async () => {
    await expect(engineProblem("tfjs" as never)).rejects.toThrow('`name` must be one of "onnxruntime"');
  });
  it("has nothing to say of engines that start, and leaves TensorFlow.js's backend as it was", async () => {
    await (await startEngine("cpu")).use();
    expect(await engineProblem("onnxruntime")).toBeUndefined();
    expect(tf.getBackend()).toBe("cpu");
    expect(await engineProblem("cpu")).toBeUndefined();
    expect(await engineProblem("tfjs-node")).toMatch(/^the package/);
    expect(tf.getBackend()).toBe("cpu");
  });
});

it("more threads than cores are refused: no engine would start with them", async () => {
  const cores = availableParallelism();
  await expect(fit({ ...options("auto"), threads: cores + 1 })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: `\`fit.threads\` must be a whole number from 1 to ${cores}, the cores of this machine; received ${cores + 1}.`,
  });
});
