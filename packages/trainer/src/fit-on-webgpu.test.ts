import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deviceProblem } from "@quaterion/tfjs-backend-onnxruntime";
import { describe, expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../test/array-data.js";
import { softmax } from "../test/losses.js";
import { startEngine } from "./engine.js";
import { fit } from "./fit.js";
import type { FitOptions } from "./options.js";
import { weightsFile } from "./weights-file.js";

const missing = await deviceProblem("webgpu");
const cudaMissing = await deviceProblem("cuda");
if (missing !== undefined) console.warn(`Training on WebGPU is not tried here: ${missing}`);

const options: FitOptions<Point> = {
  data: clusters(1),
  encoder: pointEncoder(8),
  loss: softmax,
  steps: 8,
  learningRate: 0.02,
  labelsPerBatch: 6,
  samplesPerLabel: 4,
  engine: "webgpu",
};

describe.skipIf(missing !== undefined)("fit on webgpu", { timeout: 300_000 }, () => {
  it("comes to the losses and weights of the processor", async () => {
    const received = await fit(options);
    const expected = await fit({ ...options, engine: "onnxruntime" });
    expect(received.report.engine).toBe("webgpu");
    for (const [at, { loss }] of expected.history.entries()) expect(Math.abs(received.history[at]!.loss - loss)).toBeLessThan(1e-5);
    for (const [name, { values }] of Object.entries(expected.model.weights))
      for (const [at, weight] of values.entries())
        expect(Math.abs(received.model.weights[name]!.values[at]! - weight), `${name} ${at}`).toBeLessThan(1e-5);
  });

  it("goes on from a checkpoint to the bytes of a run that was not cut", async () => {
    const folder = await mkdtemp(join(tmpdir(), "quaterion-webgpu-"));
    try {
      const whole = await fit(options);
      const end = new AbortController();
      const cut = fit({
        ...options,
        checkpoint: { folder },
        signal: end.signal,
        callbacks: { onStep: ({ step }) => void (step === 5 && end.abort()) },
      });
      await expect(cut).rejects.toMatchObject({ code: "ABORTED" });
      const rest = await fit({ ...options, checkpoint: { folder }, resume: true });
      expect(rest.report).toMatchObject({ resumedFrom: 5, engine: "webgpu" });
      expect(weightsFile(rest.model.weights)).toEqual(weightsFile(whole.model.weights));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("an engine that can't start", () => {
  it.skipIf(missing === undefined)("on WebGPU is refused with the driver's reason", async () => {
    await expect(startEngine("webgpu")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/"webgpu" does not start here: Device "webgpu" does not start here: /),
    });
  });

  it.skipIf(cudaMissing === undefined)("on CUDA is refused with what to install", async () => {
    await expect(startEngine("cuda")).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringMatching(/CUDA provider/) });
    const { name } = await startEngine("onnxruntime");
    expect(name).toBe("onnxruntime");
  });
});
