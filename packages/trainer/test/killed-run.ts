import type { Loss } from "@quaterion/core/training";
import { supervisedContrastive } from "@quaterion/losses";
import { type FitOptions, fit, plateauSchedule } from "@quaterion/trainer";
import { weightsFile } from "../src/weights-file.js";
import { clusters, type Point, pointEncoder } from "./array-data.js";
import { noisyHead } from "./heads.js";
import { softmax } from "./losses.js";

/** Runs that a process is killed in: what they are made of decides what a checkpoint must hold. */
const runs: Readonly<Record<string, Partial<FitOptions<Point>>>> = {
  head: {},
  "memory and gradient caching": { memory: { size: 20, from: 2 }, gradientCache: { chunk: 9, block: 7 } },
  "averages, accumulation and a plateau": {
    ema: 0.9,
    accumulate: 2,
    schedule: plateauSchedule({ patience: 0 }),
    validation: clusters(9, { spaces: ["a", "b"] }),
    evaluateEvery: 2,
  },
  "class vectors": { loss: softmax as Loss, groups: { loss: { learningRate: 0.1 } } },
};

/** `node child <run> <folder> <step at which it is killed, 0 for none>`; prints what came out as JSON. */
async function main([name, folder, killedAt]: readonly string[]): Promise<void> {
  const { model, history, report } = await fit({
    data: clusters(2, { spaces: ["a", "b"] }),
    encoder: pointEncoder(8),
    head: noisyHead,
    loss: supervisedContrastive(),
    steps: 14,
    learningRate: 0.02,
    labelsPerBatch: 6,
    samplesPerLabel: 4,
    engine: "onnxruntime",
    threads: 1,
    checkpoint: { folder: folder!, everySteps: 3 },
    resume: true,
    callbacks: { onStep: ({ step }) => void (step === Number(killedAt) && process.kill(process.pid, "SIGKILL")) },
    ...runs[name!],
  });
  console.log(
    JSON.stringify({ weights: [...weightsFile(model.weights)], history, resumedFrom: report.resumedFrom, best: report.best ?? null }),
  );
}

if (process.argv.length > 2) void main(process.argv.slice(2));
