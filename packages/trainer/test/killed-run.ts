import type { Loss } from "@quaterion/core/training";
import { labeled } from "@quaterion/datasets";
import { linearHead, type TrainableTextEncoderOptions, trainableTextEncoder } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import { type FitOptions, fit, plateauSchedule } from "@quaterion/trainer";
import { clusters, type Point, pointEncoder } from "./array-data.js";
import { noisyHead } from "./heads.js";
import { softmax } from "./losses.js";

const cached = { memory: { size: 20, from: 2 }, gradientCache: { chunk: 9, block: 7 } };

/** Runs that a process is killed in: what they are made of decides what a checkpoint must hold. First those of a head on points. */
const heads: Readonly<Record<string, Partial<FitOptions<Point>>>> = {
  head: {},
  "head, memory and gradient caching": cached,
  "averages, accumulation and a plateau": {
    ema: 0.9,
    accumulate: 2,
    schedule: plateauSchedule({ patience: 0 }),
    validation: clusters(9, { spaces: ["a", "b"] }),
    evaluateEvery: 2,
  },
  "class vectors": { loss: softmax as Loss, groups: { loss: { learningRate: 0.1 } } },
};

interface TextRun {
  readonly encoder: TrainableTextEncoderOptions;
  readonly options?: Partial<FitOptions<string>>;
}

/** Those of a transformer, with its dropout. */
const texts: Readonly<Record<string, TextRun>> = {
  "all weights": { encoder: { train: "all" } },
  "all weights, memory and gradient caching": { encoder: { train: "all" }, options: cached },
  "adapters, memory and gradient caching": {
    encoder: { train: "lora", lora: { rank: 4 } },
    options: { ...cached, memory: { ...cached.memory, momentum: 0.9 }, ema: 0.9 },
  },
};

function headRun(name: string): FitOptions<Point> {
  return {
    data: clusters(2, { spaces: ["a", "b"] }),
    encoder: pointEncoder(8),
    head: noisyHead,
    loss: supervisedContrastive(),
    labelsPerBatch: 6,
    samplesPerLabel: 4,
    ...heads[name],
  };
}

async function textRun({ encoder, options }: TextRun, model: string): Promise<FitOptions<string>> {
  const rows = ["card", "lost", "cards lost", "rate"].flatMap((label) =>
    ["my", "what is", "hello", "hello my", "is my"].map((other, i) => ({ text: i % 2 ? `${other} ${label}` : `${label} ${other}`, label })),
  );
  return {
    data: labeled(rows, { value: "text", label: "label" }),
    encoder: await trainableTextEncoder(model, { dropout: 0.1, ...encoder }),
    head: linearHead({ dropout: 0.1 }),
    loss: supervisedContrastive(),
    groups: { encoder: { learningRate: 2e-3 } },
    labelsPerBatch: 4,
    samplesPerLabel: 4,
    ...options,
  };
}

/** `node child <run> <folder> <step at which it is killed, 0 for none> <folder of a model>`; prints what came out as JSON. */
async function main([name, folder, killedAt, model]: readonly string[]): Promise<void> {
  const own = texts[name!];
  const run = (own ? await textRun(own, model!) : headRun(name!)) as FitOptions<unknown>;
  const result = await fit({
    ...run,
    steps: 14,
    learningRate: 0.02,
    engine: "onnxruntime",
    threads: 1,
    checkpoint: { folder: folder!, everySteps: 3 },
    resume: true,
    callbacks: { onStep: ({ step }) => void (step === Number(killedAt) && process.kill(process.pid, "SIGKILL")) },
  });
  const { history, report } = result;
  // Of the bytes of the encoder's graph and the head's weights.
  console.log(
    JSON.stringify({ fingerprint: result.model.fingerprint, history, resumedFrom: report.resumedFrom, best: report.best ?? null }),
  );
}

if (process.argv.length > 2) void main(process.argv.slice(2));
