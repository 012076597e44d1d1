import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labeled } from "@quaterion/datasets";
import { type TrainableTextEncoderOptions, trainableTextEncoder } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import { deviceProblem } from "@quaterion/tfjs-backend-onnxruntime";
import { type FitOptions, fit } from "@quaterion/trainer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyTransformer } from "../../encoders/test/tiny-transformer.js";

const missing = await deviceProblem("webgpu");
if (missing !== undefined) console.warn(`Fine-tuning on WebGPU is not tried here: ${missing}`);

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fine-tuning-webgpu-"));
  folder = await writeTinyTransformer(join(root, "model"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const rows = ["card", "lost", "cards lost"].flatMap((subject) =>
  ["my", "what is", "hello", "hello my", "is my", "what rate"].map((other, i) => ({
    text: i % 2 ? `${other} ${subject}` : `${subject} ${other}`,
    label: subject,
  })),
);

describe.skipIf(missing !== undefined)("fine-tuning on webgpu", { timeout: 300_000 }, () => {
  it.each<[string, TrainableTextEncoderOptions, Partial<FitOptions<string>>]>([
    ["all weights", { train: "all" }, {}],
    ["adapters, with gradient caching", { train: "lora", lora: { rank: 4 } }, { gradientCache: { chunk: 5, block: 7 } }],
  ])("of %s comes to the losses of the processor, with the same dropout", async (_, trained, more) => {
    const losses = async (engine: "webgpu" | "onnxruntime") => {
      const encoder = await trainableTextEncoder(folder, { dropout: 0.2, ...trained });
      const { history, report } = await fit({
        ...{ data: labeled(rows, { value: "text", label: "label" }), encoder, engine },
        ...{ loss: supervisedContrastive({ temperature: 0.1 }), steps: 6, labelsPerBatch: 3, samplesPerLabel: 4 },
        groups: { encoder: { learningRate: 2e-3 } },
        ...more,
      });
      expect(report.engine).toBe(engine);
      return history.map(({ loss }) => loss);
    };
    const [received, expected] = [await losses("webgpu"), await losses("onnxruntime")];
    expect(expected.at(-1)).not.toBeCloseTo(expected[0]!, 2);
    for (const [step, loss] of expected.entries()) expect(Math.abs(received[step]! - loss), `step ${step + 1}`).toBeLessThan(1e-3);
  });
});
