import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { supervisedContrastive } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../test/array-data.js";
import { noisyHead } from "../test/heads.js";
import { defaultHead } from "./default-head.js";
import { fit } from "./fit.js";
import { keyed, keyOf } from "./optimizers/keyed.js";
import { sgd } from "./optimizers/sgd.js";
import type { FitOptions } from "./options.js";
import { constantSchedule } from "./schedules/constant-schedule.js";
import { readWeightsFile, weightsFile } from "./weights-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-momentum-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const [dim, momentum] = [8, 0.7];
const base = (): FitOptions<Point> => ({
  data: clusters(1, { spaces: ["a", "b"] }),
  encoder: pointEncoder(dim),
  loss: supervisedContrastive({ temperature: 0.2 }),
  memory: { size: 30, from: 1, momentum },
  steps: 6,
  schedule: constantSchedule({ warmup: 0 }),
  learningRate: 0.05,
  labelsPerBatch: 6,
  samplesPerLabel: 3,
  engine: "cpu",
});

/** What a run had after each step: its weights, and its memory. */
async function steps(options: FitOptions<Point>, name: string) {
  const own = join(folder, name);
  await fit({ ...options, checkpoint: { folder: own, everySteps: 1, keep: 100 } });
  const all = [];
  for (let step = 1; step <= options.steps!; step++) {
    const at = join(own, `step-${String(step).padStart(8, "0")}`);
    all.push({
      weights: readWeightsFile(await readFile(join(at, "weights.safetensors"))),
      vectors: readWeightsFile(await readFile(join(at, "memory.safetensors"))),
      json: JSON.parse(await readFile(join(at, "checkpoint.json"), "utf8")),
    });
  }
  return all;
}

describe("the key of a weight", () => {
  it("follows it: k ← m·k + (1−m)·q after each update, from k = q", () => {
    const optimizer = keyed(sgd({ momentum: 0 }), 0.9);
    let weight = [1, -2];
    let key = [...weight];
    let lag: tf.Tensor = tf.zeros([2]);
    for (const [i, gradient] of [
      [1, 0],
      [-3, 2],
      [0.5, 0.25],
    ].entries()) {
      const rates = optimizer.coefficients(0.1, i + 1);
      const coefficients = Object.fromEntries(Object.entries(rates).map(([name, number]) => [name, tf.scalar(number)]));
      const next = optimizer.update({ weight: tf.tensor1d(weight), gradient: tf.tensor1d(gradient), slots: { keyLag: lag }, coefficients });
      weight = weight.map((w, j) => w - 0.1 * gradient[j]!);
      key = key.map((k, j) => 0.9 * k + 0.1 * weight[j]!);
      lag = next.slots["keyLag"]!;
      for (const [j, k] of [...keyOf(next.weight, next.slots).dataSync()].entries()) expect(k).toBeCloseTo(key[j]!, 6);
    }
  });
});

describe("a memory with a momentum", { timeout: 240_000 }, () => {
  it("keeps what key weights make of each batch, before its update; dropout takes no part", async () => {
    // The noise shows where it took part.
    const all = await steps(
      { ...base(), head: { ...noisyHead, weights: defaultHead.weights }, gradientCache: { chunk: 7, block: 5 } },
      "closed-form",
    );
    const { values } = clusters(1, { spaces: ["a", "b"] });
    const names = ["head.kernel", "head.bias"] as const;
    const first = defaultHead.weights(dim, undefined as never);
    // Key weights before step t: mᵗ⁻¹·w₀ + (1−m)·Σ mᵗ⁻¹⁻ⁱ·wᵢ, for kernel and bias.
    let keys = [first["kernel"]!, first["bias"]!].map(({ values }) => Float64Array.from(values));
    let compared = 0;
    for (const [t, { vectors, json }] of all.entries()) {
      const weights = t > 0 ? names.map((name) => all[t - 1]!.weights[name]!.values) : [];
      if (t > 0) keys = keys.map((key, w) => key.map((k, i) => momentum * k + (1 - momentum) * weights[w]![i]!));
      for (const [space, { next, rows }] of Object.entries<{ next: number; rows: number[] }>(json.memory.queues)) {
        const before = t > 0 ? all[t - 1]!.json.memory.queues[space].next : 0;
        const added = (next - before + 30) % 30;
        for (let i = 0; i < added; i++) {
          const slot = (before + i) % 30;
          const point = values[rows[slot]!]!;
          const made = Array.from({ length: dim }, (_, o) => point.reduce((sum, x, d) => sum + x * keys[0]![d * dim + o]!, keys[1]![o]!));
          const length = Math.hypot(...made);
          const kept = vectors[`memory.${space}`]!.values.subarray(slot * dim, (slot + 1) * dim);
          for (const [o, value] of made.entries()) expect(kept[o]!).toBeCloseTo(value / length, 5);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(60);
  });

  it("of 0 keeps the batch's own embeddings: the run is the one without, where there is no dropout", async () => {
    const trained = async (memory: FitOptions<Point>["memory"]) => (await fit({ ...base(), memory })).history.map(({ loss }) => loss);
    const [without, zero, slow] = [
      await trained({ size: 30, from: 1 }),
      await trained({ size: 30, from: 1, momentum: 0 }),
      await trained({ size: 30, from: 1, momentum: 0.9 }),
    ];
    for (const [i, loss] of without.entries()) expect(zero[i]!).toBeCloseTo(loss, 5);
    expect(Math.abs(slow.at(-1)! - without.at(-1)!)).toBeGreaterThan(1e-4);
  });

  it("goes on from a checkpoint to the same bytes, and the model's weights hold no keys", async () => {
    const whole = await fit(base());
    const own = join(folder, "resumed");
    const end = new AbortController();
    const cut = fit({
      ...base(),
      checkpoint: { folder: own },
      signal: end.signal,
      callbacks: { onStep: ({ step }) => void (step === 3 && end.abort()) },
    });
    await expect(cut).rejects.toMatchObject({ code: "ABORTED" });
    const rest = await fit({ ...base(), checkpoint: { folder: own }, resume: true });
    expect(rest.report.resumedFrom).toBe(3);
    expect(weightsFile(rest.model.weights)).toEqual(weightsFile(whole.model.weights));
    expect(Object.keys(whole.model.weights).sort()).toEqual(["bias", "kernel"]);
    const other = fit({ ...base(), memory: { size: 30, from: 1, momentum: 0.5 }, checkpoint: { folder: own }, resume: true });
    await expect(other).rejects.toMatchObject({ code: "INCOMPATIBLE" });
  });

  it("refuses a momentum that is none", async () => {
    await expect(fit({ ...base(), memory: { size: 30, momentum: 1 } })).rejects.toThrow(
      "`fit.memory.momentum` must be a number from 0 to below 1; received 1.",
    );
  });
});
