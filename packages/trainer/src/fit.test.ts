import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SamplerOptions } from "@quaterion/core";
import { Random } from "@quaterion/core";
import type { RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arrayData, clusters, type Point, pointEncoder } from "../test/array-data.js";
import { noisyHead } from "../test/heads.js";
import { pullAndPush, softmax, softmaxOfPairs, squaredCosineError, squaredTeacherDistance } from "../test/losses.js";
import { readCheckpoint } from "./checkpoint.js";
import { estimateMemory } from "./estimate-memory.js";
import { fit } from "./fit.js";
import { sgd } from "./optimizers/sgd.js";
import type { FitOptions } from "./options.js";
import { runCache } from "./run-cache.js";
import { constantSchedule } from "./schedules/constant-schedule.js";
import { plateauSchedule } from "./schedules/plateau-schedule.js";
import { weightsFile } from "./weights-file.js";

const dim = 8;
const base = (): FitOptions<Point> => ({
  data: clusters(1),
  encoder: pointEncoder(dim),
  loss: pullAndPush,
  steps: 12,
  learningRate: 0.02,
  labelsPerBatch: 6,
  samplesPerLabel: 4,
  engine: "cpu",
});
/** The point with its coordinates the other way round, on the unit sphere. */
const mirrored = (point: Point) => [...point].reverse().map((x) => x / Math.hypot(...point));
const bytesOf = async (options: FitOptions<Point>) => weightsFile((await fit(options)).model.weights);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-fit-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each(["cpu", "onnxruntime"] as const)("fit on %s", (engine) => {
  it("brings samples of one label together and others apart, and leaves no tensor behind", async () => {
    const options = { ...base(), engine, steps: 60 };
    await fit({ ...options, steps: 1 });
    const before = tf.memory().numTensors;
    const { history, model, report } = await fit(options);
    const embeddings = await model.encode(options.data.values);
    expect(tf.memory().numTensors).toBe(before);
    const mean = (losses: readonly { loss: number }[]) => losses.reduce((sum, { loss }) => sum + loss, 0) / losses.length;
    expect(mean(history.slice(-10))).toBeLessThan(0.7 * mean(history.slice(0, 10)));
    expect(neighboursOfOneLabel(embeddings, options.data)).toBeGreaterThan(
      neighboursOfOneLabel(Float32Array.from(options.data.values.flat()), options.data) + 0.15,
    );
    for (let row = 0; row < options.data.values.length; row++) {
      const length = Math.hypot(...embeddings.subarray(row * dim, (row + 1) * dim));
      expect(length).toBeCloseTo(1, 5);
    }
    expect(report).toMatchObject({ engine, steps: 60, seed: 1, samples: 36, shapes: 1, resumedFrom: 0, cache: { hits: 0, misses: 36 } });
    expect(report.stepMs).toBeGreaterThan(0);
  });

  it("takes the step that the loss's own gradient says", async () => {
    // One step of plain descent at rate 1 moves each weight by minus its gradient: against central differences of the loss in float64.
    const options = {
      ...base(),
      engine,
      steps: 1,
      learningRate: 1,
      optimizer: sgd({ momentum: 0 }),
      schedule: constantSchedule({ warmup: 0 }),
    };
    const { model, history } = await fit(options);
    const random = new Random(1).fork("sampler");
    const { rows } = options.data.sampler({ policy: "schedule", labelsPerBatch: 6, samplesPerLabel: 4, random }).next();
    const identity = Float64Array.from({ length: dim * dim }, (_, i) => Number(i % (dim + 1) === 0));
    expect(history[0]!.loss).toBeCloseTo(plainLoss(options.data, rows, identity), 5);
    for (let i = 0; i < dim * dim; i++) {
      const at = (delta: number) => plainLoss(options.data, rows, identity.with(i, identity[i]! + delta));
      const gradient = (at(1e-5) - at(-1e-5)) / 2e-5;
      expect(Math.abs(identity[i]! - model.weights["kernel"]!.values[i]! - gradient), `weight ${i}`).toBeLessThan(2e-6);
    }
  });

  it("gives the same bytes for the same seed, from a cold and from a warm cache, and others for another", async () => {
    const options = { ...base(), engine, head: noisyHead, cache: runCache() };
    const cold = await bytesOf(options);
    const encoded = (options.encoder as ReturnType<typeof pointEncoder>).encoded;
    expect(await bytesOf(options)).toEqual(cold);
    expect((options.encoder as ReturnType<typeof pointEncoder>).encoded).toBe(encoded);
    expect(await bytesOf({ ...options, seed: 2 })).not.toEqual(cold);
  });

  it("goes on after an abort as if it had not stopped", async () => {
    const options = { ...base(), engine, head: noisyHead };
    const whole = await fit(options);
    const stop = new AbortController();
    const callbacks = { onStep: ({ step }: { step: number }) => void (step === 5 && stop.abort()) };
    const checkpoint = { folder, everySteps: 2 };
    await expect(fit({ ...options, checkpoint, signal: stop.signal, callbacks })).rejects.toMatchObject({
      code: "ABORTED",
      message: `Training ended after 5 of 12 steps because the signal was aborted. What it had learnt is in ${join(folder, "step-00000005")}; run it again with \`resume: true\` to go on.`,
    });
    expect(await readdir(folder)).toEqual(["step-00000004", "step-00000005"]);
    const rest = await fit({ ...options, checkpoint, resume: true });
    expect(rest.report.resumedFrom).toBe(5);
    expect(weightsFile(rest.model.weights)).toEqual(weightsFile(whole.model.weights));
    expect(rest.history).toEqual(whole.history);
    expect(rest.model.fingerprint).toBe(whole.model.fingerprint);
  });

  it("goes on after an abort also with what the loss learns, each label space at its own age", async () => {
    const options = { ...base(), engine, data: clusters(2, { spaces: ["a", "b"] }), loss: softmax as FitOptions<Point>["loss"] };
    const whole = await fit(options);
    const stop = new AbortController();
    const callbacks = { onStep: ({ step }: { step: number }) => void (step === 7 && stop.abort()) };
    await expect(fit({ ...options, checkpoint: { folder }, signal: stop.signal, callbacks })).rejects.toMatchObject({ code: "ABORTED" });
    const rest = await fit({ ...options, checkpoint: { folder }, resume: true });
    expect(weightsFile(rest.model.weights)).toEqual(weightsFile(whole.model.weights));
    expect(rest.history).toEqual(whole.history);
  });

  it("compares batches with earlier ones after the warm-up, and goes on with its memory after an abort", async () => {
    const data = clusters(2, { spaces: ["a", "b"] });
    const options = { ...base(), engine, data, head: noisyHead, memory: { size: 30, from: 3 } };
    const [whole, plain] = [await fit(options), await fit({ ...options, memory: undefined })];
    const losses = ({ history }: typeof whole) => history.map(({ loss }) => loss);
    expect(losses(whole).slice(0, 3)).toEqual(losses(plain).slice(0, 3));
    expect(losses(whole)[3]).not.toBeCloseTo(losses(plain)[3]!, 4);
    const stop = new AbortController();
    const callbacks = { onStep: ({ step }: { step: number }) => void (step === 7 && stop.abort()) };
    await expect(fit({ ...options, checkpoint: { folder }, signal: stop.signal, callbacks })).rejects.toMatchObject({ code: "ABORTED" });
    const rest = await fit({ ...options, checkpoint: { folder }, resume: true });
    expect(weightsFile(rest.model.weights)).toEqual(weightsFile(whole.model.weights));
    expect(rest.history).toEqual(whole.history);
  });

  it("trains in chunks as it trains in whole batches, and goes on after an abort", async () => {
    const options = { ...base(), engine, head: noisyHead, memory: { size: 20 } };
    const cached = { ...options, gradientCache: { chunk: 7, block: 5 } };
    const [plain, whole] = [await fit(options), await fit(cached)];
    for (const [i, { loss }] of plain.history.entries()) expect(whole.history[i]!.loss).toBeCloseTo(loss, 4);
    const stop = new AbortController();
    const callbacks = { onStep: ({ step }: { step: number }) => void (step === 7 && stop.abort()) };
    await expect(fit({ ...cached, checkpoint: { folder }, signal: stop.signal, callbacks })).rejects.toMatchObject({ code: "ABORTED" });
    const rest = await fit({ ...cached, checkpoint: { folder }, resume: true });
    expect(weightsFile(rest.model.weights)).toEqual(weightsFile(whole.model.weights));
    expect(rest.history).toEqual(whole.history);
  });

  it("with an empty memory a step is the plain one", async () => {
    const options = { ...base(), engine, steps: 1 };
    const [whole, plain] = [await fit({ ...options, memory: { size: 50, from: 0 } }), await fit(options)];
    expect(whole.history[0]!.loss).toBeCloseTo(plain.history[0]!.loss, 6);
    for (const [i, value] of plain.model.weights["kernel"]!.values.entries())
      expect(whole.model.weights["kernel"]!.values[i]).toBeCloseTo(value, 6);
  });

  it("stops at a number that is none, says where, and keeps the last good checkpoint", async () => {
    const before = tf.memory().numTensors;
    const options = { ...base(), engine, loss: failsAt(4), checkpoint: { folder, everySteps: 2 } };
    await expect(fit(options)).rejects.toMatchObject({
      code: "NON_FINITE",
      message: expect.stringMatching(
        /^Loss "failing" is NaN at step 4, on rows \d+, .* \(24 in all\) of the data\. The weights are unchanged by this step\. The last good checkpoint is .*step-00000002\. /,
      ),
    });
    expect(tf.memory().numTensors).toBe(before);
    const good = await bytesOf({ ...options, loss: { ...pullAndPush, name: "failing" }, checkpoint: { folder }, resume: true });
    expect(good).toEqual(await bytesOf({ ...options, loss: { ...pullAndPush, name: "failing" }, checkpoint: undefined }));
  });

  it("learns class vectors of each label space, and leaves those of spaces not met in a batch alone", async () => {
    const data = clusters(2, { spaces: ["a", "b"] });
    const { history, report } = await fit({ ...base(), engine, data, loss: softmax as FitOptions<Point>["loss"], steps: 40 });
    expect(history.at(-1)!.loss).toBeLessThan(0.7 * history[0]!.loss);
    expect(report.shapes).toBe(2);
  });

  it("learns given scores", async () => {
    const pairs = Array.from({ length: 30 }, (_, i) => ({ a: i, b: (i + 7) % 36, relation: 0 as const, score: Number(i % 3 === 0) }));
    const data = arrayData(
      clusters(1).values,
      Array.from({ length: 36 }, () => "a/x"),
      pairs,
    );
    const { history } = await fit({ ...base(), engine, data, loss: squaredCosineError, steps: 40, labelsPerBatch: 30 });
    expect(history.at(-1)!.loss).toBeLessThan(0.5 * history[0]!.loss);
  });

  it("learns the classes of pairs, with as many vectors as there are classes", async () => {
    const pairs = Array.from({ length: 30 }, (_, i) => ({ a: i, b: (i + 6 * (i % 2)) % 36, relation: 0 as const, class: i % 2 }));
    const names = Array.from({ length: 36 }, () => "a/x");
    const data = arrayData(clusters(1).values, names, pairs, ["alike", "apart"]);
    const { history } = await fit({ ...base(), engine, data, loss: softmaxOfPairs, steps: 40, labelsPerBatch: 30 });
    expect(history[0]!.loss).toBeCloseTo(Math.log(2), 5);
    expect(history.at(-1)!.loss).toBeLessThan(0.8 * history[0]!.loss);
  });

  it("learns a guide's vectors, which it looks at in validation too", async () => {
    const guide = {
      ...pointEncoder(dim),
      fingerprint: "guide",
      encode: async (values: readonly Point[]) => Float32Array.from(values.flatMap(mirrored)),
    };
    const options = { ...base(), engine, loss: squaredTeacherDistance, guide, validation: clusters(9), steps: 60 };
    const { history } = await fit(options);
    expect(history.at(-1)!.loss).toBeLessThan(0.5 * history[0]!.loss);
    expect(history.at(-1)!.validationLoss!).toBeLessThan(0.6 * history[0]!.loss);
  });
});

describe("fit", () => {
  it("tells a loss that asks how many similar candidates an anchor has at most, in validation too", async () => {
    const told = new Set<unknown>();
    const asking = (needs?: RelationLoss["needs"]): RelationLoss => ({
      ...pullAndPush,
      needs,
      compute(batch, parameters) {
        told.add(batch.mostSimilar);
        return pullAndPush.compute(batch, parameters);
      },
    });
    // Batches of four samples a label: three others, rounded up to a power of two.
    await fit({ ...base(), loss: asking(["mostSimilar"]), validation: clusters(9), steps: 3 });
    expect([...told]).toEqual([4]);
    told.clear();
    await fit({ ...base(), loss: asking(), validation: clusters(9), steps: 3 });
    expect([...told]).toEqual([undefined]);
  });

  it("agrees between engines within rounding", async () => {
    const [cpu, onnx] = [await fit(base()), await fit({ ...base(), engine: "onnxruntime" })];
    for (const [i, { loss }] of cpu.history.entries()) expect(onnx.history[i]!.loss).toBeCloseTo(loss, 4);
  });

  it("keeps the weights of the best validation loss", async () => {
    const options = { ...base(), steps: 40, learningRate: 0.3, validation: clusters(9) };
    const { history, report, model } = await fit(options);
    const looked = history.filter(({ validationLoss }) => validationLoss !== undefined);
    expect(looked.map(({ step }) => step)).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 36, 40]);
    const best = looked.reduce((a, b) => (b.validationLoss! < a.validationLoss! ? b : a));
    expect(report.bestStep).toBe(best.step);
    // The schedule ends at `steps`, so the weights of an earlier step are those of the same run stopped there.
    const stop = new AbortController();
    const callbacks = { onStep: ({ step }: { step: number }) => void (step === best.step && best.step < 40 && stop.abort()) };
    await fit({ ...options, checkpoint: { folder }, signal: stop.signal, callbacks }).catch(() => {});
    const { checkpoint } = (await readCheckpoint(folder))!;
    expect(model.weights["kernel"]!.values).toEqual(checkpoint.state.tensors["head.kernel"]!.values);
  });

  it("tells of its progress and events, the last one at the end", async () => {
    const seen: string[] = [];
    const phases: string[] = [];
    await fit({
      ...base(),
      steps: 3,
      checkpoint: { folder, everySteps: 2 },
      logger: (event) => {
        seen.push(event.kind);
        if (event.kind === "start") expect(event.memoryBytes).toBe(estimateMemory(base()).total);
      },
      callbacks: [{ onEnd: () => void seen.push("called back") }],
      onProgress: ({ phase, done, total }) => phases.push(`${phase} ${done}/${total}`),
    });
    expect(seen).toEqual(["start", "step", "step", "checkpoint", "step", "checkpoint", "end", "called back"]);
    expect(phases.at(-1)).toBe("training 3/3");
    expect(phases).toContain("encoding 36/36");
  });

  it("goes through the data as often as `epochs` says", async () => {
    // 36 samples in batches of 6 × 4 = 24: two batches an epoch.
    expect((await fit({ ...base(), steps: undefined, epochs: 3 })).report.steps).toBe(6);
  });

  it("goes through the data twenty times by itself, in 100 steps at least and 1,000 at most", async () => {
    const stepsOf = async (batchesPerEpoch: number) => {
      const data = { ...base().data, sampler: (options: SamplerOptions) => ({ ...base().data.sampler(options), batchesPerEpoch }) };
      const stop = { onStart: () => Promise.reject(new Error("enough")) };
      let steps = 0;
      await fit({
        ...base(),
        data,
        steps: undefined,
        callbacks: stop,
        logger: (event) => {
          if (event.kind === "start") steps = event.steps;
        },
      }).catch(() => {});
      return steps;
    };
    expect([await stepsOf(2), await stepsOf(12), await stepsOf(200)]).toEqual([100, 240, 1000]);
  });

  it("shortens gradients to `clipNorm`, as PyTorch does", async () => {
    const options = { ...base(), steps: 1, learningRate: 1, optimizer: sgd({ momentum: 0 }), schedule: constantSchedule({ warmup: 0 }) };
    const [plain, clipped] = [await fit(options), await fit({ ...options, clipNorm: 0.01 })];
    const norm = plain.history[0]!.gradientNorm;
    expect(norm).toBeGreaterThan(0.01);
    expect(clipped.history[0]!.gradientNorm).toBe(norm);
    const moved = ({ model }: typeof plain) => [...model.weights["kernel"]!.values].map((w, i) => w - Number(i % (dim + 1) === 0));
    const scale = 0.01 / (norm + 1e-6);
    for (const [i, change] of moved(clipped).entries()) expect(Math.abs(change - scale * moved(plain)[i]!)).toBeLessThan(1e-6);
  });

  it("gives each group its own rate, optimizer and decay", async () => {
    const data = clusters(2, { spaces: ["a", "b"] });
    const options = { ...base(), data, loss: softmax as FitOptions<Point>["loss"], steps: 1, schedule: constantSchedule({ warmup: 0 }) };
    const still = sgd({ momentum: 0 });
    const movedBy = async (groups: FitOptions<Point>["groups"], learningRate = 0.1) => {
      const { model, history } = await fit({ ...options, optimizer: still, learningRate, groups });
      return {
        kernel: [...model.weights["kernel"]!.values].map((w, i) => w - Number(i % (dim + 1) === 0)),
        norm: history[0]!.gradientNorm,
      };
    };
    const [whole, tenth] = [await movedBy({}), await movedBy({ head: { learningRate: 0.01 } })];
    for (const [i, change] of tenth.kernel.entries()) expect(change).toBeCloseTo(whole.kernel[i]! / 10, 6);
    expect((await movedBy({ loss: { learningRate: 5 } })).kernel).toEqual(whole.kernel);
    // Plain descent with decay λ moves a matrix by −η(g + λw) as well.
    const decaying = await movedBy({ head: { optimizer: sgd({ momentum: 0, weightDecay: 0.5 }) } });
    for (const [i, change] of decaying.kernel.entries())
      expect(change).toBeCloseTo(whole.kernel[i]! - 0.1 * 0.5 * Number(i % (dim + 1) === 0), 6);
  });

  it("gives the model the average of its weights, and judges held-out data with it", async () => {
    const options = { ...base(), steps: 10, learningRate: 0.1, optimizer: sgd({ momentum: 0 }) };
    const seen: Float32Array[] = [];
    for (let steps = 1; steps <= 10; steps++) {
      const stop = new AbortController();
      const callbacks = { onStep: ({ step }: { step: number }) => void (step === steps && steps < 10 && stop.abort()) };
      const path = join(folder, String(steps));
      await fit({ ...options, checkpoint: { folder: path }, signal: stop.signal, callbacks }).catch(() => {});
      seen.push((await readCheckpoint(path))!.checkpoint.state.tensors["head.kernel"]!.values);
    }
    const { model, history } = await fit({ ...options, ema: 0.8, validation: clusters(9) });
    const shares = seen.map((_, i) => 0.8 ** (9 - i));
    const total = shares.reduce((a, b) => a + b);
    const { bestStep } = (await fit({ ...options, ema: 0.8, validation: clusters(9) })).report;
    expect(bestStep).toBe(10);
    for (const [i, value] of model.weights["kernel"]!.values.entries())
      expect(value).toBeCloseTo(
        seen.reduce((sum, values, j) => sum + (values[i]! * shares[j]!) / total, 0),
        5,
      );
    const plain = await fit({ ...options, validation: clusters(9) });
    expect(history.at(-1)!.loss).toBe(plain.history.at(-1)!.loss);
    expect(history.at(-1)!.validationLoss).not.toBe(plain.history.at(-1)!.validationLoss);
  });

  it("lowers the rate where held-out data no longer gains, and does so again after an abort", async () => {
    const schedule = plateauSchedule({ warmup: 0, patience: 0, threshold: 0.9 });
    const options = { ...base(), steps: 10, learningRate: 0.01, schedule, validation: clusters(9) };
    const { history } = await fit(options);
    // No loss is a tenth of the one before, so after the first look each look halves the rate.
    expect(history.map(({ learningRate }) => learningRate)).toEqual(Array.from({ length: 10 }, (_, i) => 0.01 * 0.5 ** Math.max(0, i - 1)));
    const stop = new AbortController();
    const callbacks = { onStep: ({ step }: { step: number }) => void (step === 4 && stop.abort()) };
    await fit({ ...options, checkpoint: { folder }, signal: stop.signal, callbacks }).catch(() => {});
    expect((await fit({ ...options, checkpoint: { folder }, resume: true })).history).toEqual(history);
  });

  it("adds up the gradients of several batches, and goes through the data as often as told", async () => {
    const options = { ...base(), steps: undefined, epochs: 4 };
    const [one, two] = [await fit(options), await fit({ ...options, accumulate: 2 })];
    expect([one.report.steps, two.report.steps]).toEqual([8, 4]);
    // The first step's loss is the mean of what the first two batches give at the start.
    const still = await fit({ ...options, learningRate: 1e-12 });
    expect(two.history[0]!.loss).toBeCloseTo((still.history[0]!.loss + still.history[1]!.loss) / 2, 5);
  });

  it("refuses to go on with another run's checkpoint, engine, or a damaged one", async () => {
    const options = { ...base(), checkpoint: { folder } };
    await fit(options);
    const resume = true;
    await expect(fit({ ...options, resume, learningRate: 0.5 })).rejects.toThrow(
      /was written by a run with learningRate 0.02; this run has 0.5/,
    );
    await expect(fit({ ...options, resume, loss: { ...options.loss, config: { margin: 2 } } })).rejects.toThrow(
      /was written by a run with loss\.config none; this run has {"margin":2}\. Use the same loss,/,
    );
    await expect(fit({ ...options, resume, data: clusters(3) })).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    // The same rows and labels, but two rows have each other's.
    const { data } = options;
    const swapped = {
      ...data,
      classesOf: (space: string, rows: Uint32Array) =>
        data.classesOf(
          space,
          rows.map((row) => (row === 0 ? 35 : row === 35 ? 0 : row)),
        ),
    };
    await expect(fit({ ...options, resume, data: swapped })).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    const scored = { ...data, pairs: [{ a: 0, b: 1, relation: 0 as const, score: 0.5 }] };
    await expect(fit({ ...options, resume, data: scored })).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    await expect(fit({ ...options, resume, data: { ...data, weights: new Float32Array(36).fill(2) } })).rejects.toMatchObject({
      code: "INCOMPATIBLE",
    });
    await expect(fit({ ...options, resume, data: { ...data, sampling: { shares: "equal" } } })).rejects.toMatchObject({
      code: "INCOMPATIBLE",
    });
    await expect(fit({ ...options, resume, engine: "onnxruntime" })).rejects.toThrow('the checkpoint was written with engine "cpu"');
    await writeFile(join(folder, "step-00000012", "weights.safetensors"), "x");
    await expect(fit({ ...options, resume })).rejects.toThrow("weights.safetensors is not the file that was written");
    await writeFile(join(folder, "step-00000012", "checkpoint.json"), "{");
    await expect(fit({ ...options, resume })).rejects.toMatchObject({ code: "INCOMPATIBLE" });
  });

  it("keeps a run's checkpoints from another that starts anew, and takes the model of a finished run from its last one", async () => {
    const options = { ...base(), checkpoint: { folder } };
    const { model } = await fit(options);
    const names = await readdir(folder);
    await expect(fit({ ...options, seed: 2 })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("already holds step-00000012 of a run. Set `resume: true` to go on with that run"),
    });
    expect(await readdir(folder)).toEqual(names);
    const again = await fit({ ...options, resume: true });
    expect(again.model.weights).toEqual(model.weights);
    expect(again.report).toMatchObject({ resumedFrom: 12, steps: 12, stepMs: undefined });
  });

  it("starts where there is no checkpoint yet to go on from", async () => {
    expect((await fit({ ...base(), steps: 2, checkpoint: { folder: join(folder, "new") }, resume: true })).report.resumedFrom).toBe(0);
  });

  it("gives TensorFlow.js its backend back", async () => {
    await fit({ ...base(), steps: 1 });
    await tf.setBackend("cpu");
    await fit({ ...base(), steps: 1, engine: "onnxruntime" });
    expect(tf.getBackend()).toBe("cpu");
  });
});

/** Mean of ½(similar d² + dissimilar max(0, 1 − d²)) over pairs of rows · kernel, each divided by its length. */
function plainLoss(data: FitOptions<Point>["data"], rows: Uint32Array, kernel: Float64Array): number {
  const embeddings = [...rows].map((row) => {
    const point = Float32Array.from(data.values[row]!);
    const out = Array.from({ length: dim }, (_, j) => point.reduce((sum, x, i) => sum + x * kernel[i * dim + j]!, 0));
    const length = Math.hypot(...out);
    return out.map((x) => x / length);
  });
  let sum = 0;
  let count = 0;
  for (const [i, a] of embeddings.entries()) {
    for (const [j, b] of embeddings.entries()) {
      if (rows[i] === rows[j]) continue;
      const square = 2 - 2 * a.reduce((total, x, k) => total + x * b[k]!, 0);
      const similar = data.labelsOf(rows[i]!)[0] === data.labelsOf(rows[j]!)[0];
      sum += similar ? square / 2 : Math.max(0, 1 - square) / 2;
      count++;
    }
  }
  return sum / count;
}

/** Share of samples whose nearest other sample by cosine has their label. */
function neighboursOfOneLabel(vectors: Float32Array, data: FitOptions<Point>["data"]): number {
  const rows = data.values.map((_, row) => vectors.subarray(row * dim, (row + 1) * dim));
  const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
  const right = rows.filter((row, i) => {
    let best = -1;
    for (const j of rows.keys()) if (j !== i && (best < 0 || cosine(row, rows[j]!) > cosine(row, rows[best]!))) best = j;
    return data.labelsOf(i)[0] === data.labelsOf(best)[0];
  });
  return right.length / rows.length;
}

/** The loss of `pullAndPush`, NaN in one step. It adds a 0 that is made of other numbers in each call, so that no call's graph stands for another. */
function failsAt(step: number): RelationLoss {
  let steps = 0;
  return {
    ...pullAndPush,
    name: "failing",
    compute(batch, parameters) {
      const { terms, counted } = pullAndPush.compute(batch, parameters);
      const changing = ++steps === step ? [Number.NaN] : [steps, -steps];
      return { terms: tf.add(terms, tf.sum(tf.tensor1d(changing))), counted };
    },
  };
}
