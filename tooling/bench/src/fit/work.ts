import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FrozenEncoder, Random, type TrainingData } from "@quaterion/core";
import type { Loss, TrainableEncoder } from "@quaterion/core/training";
import { labeled, pairs, readCsv } from "@quaterion/datasets";
import { trainableTextEncoder } from "@quaterion/encoders/trainable";
import { hard, multipleNegativesRanking, supervisedContrastive, tripletMargin } from "@quaterion/losses";
import { type FitOptions, linearSchedule } from "@quaterion/trainer";
import { type FitCase, isEncoderCase } from "./cases.js";

/** Width of the made-up embeddings: MiniLM's. */
const dim = 384;
const seed = 1;
const temperature = 0.05;
/** Vectors that go through the head at a time, where gradients are cached, and texts that the peer takes at a time: ours decides by their lengths. */
const chunk = 256;
const peerTexts = 64;

/** What the case's run needs beside the case. */
export interface WorkOptions {
  readonly folder: string;
  readonly threads: number;
  readonly steps?: number;
  readonly model?: string;
  readonly files: readonly string[];
}

/** A case ready to run, and what the peer needs to do the same. */
export interface Work {
  /** @param dropout where an encoder is trained: absent for as its model says */
  options(steps: number, dropout?: number): Promise<FitOptions<string>>;
  readonly steps: number;
  /** Learning rates of a run of so many steps. */
  rates(steps: number): number[];
}

interface Rows {
  readonly data: TrainingData<string>;
  readonly labels: readonly string[];
  readonly texts?: readonly string[];
  readonly encoder: (dropout?: number) => Promise<FrozenEncoder<string> | TrainableEncoder<string>>;
}

/** Makes the data, draws the batches that `fit` will draw, and writes both with the learning rates into `plan.json` and `vectors.f32`. */
export async function workOf(one: FitCase, { folder, threads, steps: given, model, files }: WorkOptions): Promise<Work> {
  const rows = isEncoderCase(one) ? await textRows(one, model!, files) : clusterRows(one, folder);
  const { labelsPerBatch, samplesPerLabel } = one;
  const loss = lossOf(one);
  const sampler = rows.data.sampler({ policy: "schedule", labelsPerBatch, samplesPerLabel, random: new Random(seed).fork("sampler") });
  const steps = given ?? one.steps ?? Math.ceil(one.epochs! * sampler.batchesPerEpoch);
  const batches = Array.from({ length: steps }, () => {
    const { rows, candidates = [] } = sampler.next();
    return [...rows, ...candidates];
  });
  const rate = { head: 3e-4, cached: 3e-4, all: 5e-5, lora: 5e-4, pairs: 5e-5 }[one.kind];
  const schedule = linearSchedule();
  const rates = (steps: number) => Array.from({ length: steps }, (_, step) => rate * schedule.factor(step, steps));
  const numbers = new Map([...new Set(rows.labels)].map((label, i) => [label, i]));
  const labels = rows.labels.map((label) => numbers.get(label)!);
  const plan = {
    kind: one.kind,
    dim,
    temperature,
    chunk: one.kind === "pairs" ? peerTexts : chunk,
    batches,
    rates: rates(steps),
    labels,
    texts: rows.texts,
    model,
  };
  writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
  return {
    steps,
    rates,
    options: async (steps, dropout) => ({
      ...{ data: rows.data, encoder: await rows.encoder(dropout), loss, steps, labelsPerBatch, samplesPerLabel, seed, threads },
      ...{ engine: "onnxruntime", schedule, learningRate: rate },
      ...(isEncoderCase(one) && { groups: { encoder: { learningRate: rate } } }),
      ...(one.kind === "cached" && { gradientCache: { chunk } }),
      ...(one.kind === "pairs" && { gradientCache: {} }),
    }),
  };
}

function lossOf({ kind }: FitCase): Loss {
  if (kind === "head") return tripletMargin({ miner: hard() });
  return kind === "pairs" ? multipleNegativesRanking({ scale: 1 / temperature }) : supervisedContrastive({ temperature });
}

/** Clusters around random centres, whose vectors lie ready. */
function clusterRows({ labels, samples }: FitCase, folder: string): Rows {
  const random = new Random(seed);
  const centres = Float32Array.from({ length: labels * dim }, () => random.normal());
  const vectors = Float32Array.from(
    { length: samples * dim },
    (_, i) => centres[(Math.floor(i / dim) % labels) * dim + (i % dim)]! + 2 * random.normal(),
  );
  writeFileSync(join(folder, "vectors.f32"), vectors);
  const rows = Array.from({ length: samples }, (_, i) => ({ row: String(i), label: `label ${i % labels}` }));
  const encoder: FrozenEncoder<string> = {
    name: "clusters",
    fingerprint: `clusters-${labels}-${samples}`,
    dim,
    key: (value) => new TextEncoder().encode(value),
    async encode(values) {
      const found = new Float32Array(values.length * dim);
      for (const [i, value] of values.entries()) found.set(vectors.subarray(Number(value) * dim, (Number(value) + 1) * dim), i * dim);
      return found;
    },
    save: () => Promise.reject(new Error("Clusters are made anew by each run; they can't be saved.")),
  };
  return { data: labeled(rows, { value: "row", label: "label" }), labels: rows.map(({ label }) => label), encoder: async () => encoder };
}

/** All texts of the files as one label space: a label of two files is two labels. Or as many pairs of made-up texts of like lengths as a batch has. */
async function textRows({ kind, labelsPerBatch, samplesPerLabel }: FitCase, model: string, files: readonly string[]): Promise<Rows> {
  const rows: { text: string; label: string }[] = [];
  for (const [i, file] of files.entries())
    for (const { text, label } of await readCsv(file, { columns: ["text", "label"] })) rows.push({ text: text!, label: `${i}/${label}` });
  const encoder = (dropout?: number) =>
    trainableTextEncoder(model, { train: kind === "lora" ? "lora" : "all", ...(dropout !== undefined && { dropout }) });
  if (kind !== "pairs") {
    const labels = rows.map(({ label }) => label);
    return { data: labeled(rows, { value: "text", label: "label" }), labels, texts: rows.map(({ text }) => text), encoder };
  }
  const texts = madeUpTexts(
    rows.map(({ text }) => text),
    labelsPerBatch * samplesPerLabel,
  );
  const given = Array.from({ length: texts.length / 2 }, (_, i) => ({ a: texts[2 * i]!, b: texts[2 * i + 1]! }));
  return { data: pairs(given, { a: "a", b: "b" }), labels: [], texts, encoder };
}

/** Texts that differ, as long as the given ones are, of their words. */
function madeUpTexts(given: readonly string[], count: number): string[] {
  const random = new Random(seed);
  const lengths = given.map((text) => text.split(/\s+/).length);
  const words = given.flatMap((text) => text.split(/\s+/));
  const made = new Set<string>();
  while (made.size < count)
    made.add(Array.from({ length: lengths[made.size % lengths.length]! }, () => words[random.integer(words.length)]!).join(" "));
  return [...made];
}
