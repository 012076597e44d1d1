import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import type { FitEvent } from "./events.js";
import { fit } from "./fit.js";
import type { FitOptions } from "./options.js";
import { weightsFile } from "./weights-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-keeping-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const base = (): FitOptions<Point> => ({
  data: clusters(1),
  encoder: pointEncoder(8),
  loss: pullAndPush,
  steps: 12,
  learningRate: 0.02,
  labelsPerBatch: 6,
  samplesPerLabel: 4,
  engine: "cpu",
});
const kindsOf = (seen: readonly FitEvent[]) =>
  seen.filter(({ kind }) => kind.startsWith("checkpoint")).map((event) => `${event.kind} ${(event as { step: number }).step}`);

/** Gives these values, one a look. */
const giving = (values: readonly number[]) => {
  let look = 0;
  return () => ({ recall: values[look++]! });
};

describe("checkpoints", () => {
  it("keep the last ones, as many as asked", async () => {
    await fit({ ...base(), checkpoint: { folder, everySteps: 2, keep: 4 } });
    expect(await readdir(folder)).toEqual(["step-00000006", "step-00000008", "step-00000010", "step-00000012"]);
  });

  it("are written after so many minutes too", async () => {
    const seen: FitEvent[] = [];
    // So short a time that it has always passed.
    await fit({ ...base(), steps: 4, checkpoint: { folder, everySteps: 100, everyMinutes: 1e-9 }, logger: (event) => seen.push(event) });
    expect(kindsOf(seen)).toEqual(["checkpoint 1", "checkpoint 2", "checkpoint 3", "checkpoint 4"]);
  });

  it("are written every 100 steps by default, and not before so many minutes", async () => {
    await fit({ ...base(), steps: 101, checkpoint: { folder, everyMinutes: 60, keep: 9 } });
    expect(await readdir(folder)).toEqual(["step-00000100", "step-00000101"]);
  });

  it("hold the best weights so far, whichever step is kept", async () => {
    const options = { ...base(), steps: 4, evaluateEvery: 1, best: { metric: "recall" }, checkpoint: { folder, everySteps: 1, keep: 1 } };
    const { report, model } = await fit({ ...options, evaluate: giving([0.1, 0.8, 0.3, 0.2]) });
    expect(await readdir(folder)).toEqual(["step-00000004"]);
    const again = await fit({ ...options, evaluate: giving([]), resume: true });
    expect(again.report).toMatchObject({ resumedFrom: 4, bestStep: 2, best: report.best });
    expect(weightsFile(again.model.weights)).toEqual(weightsFile(model.weights));
  });

  it("warn once where what decides is no number, and keep the best of the others", async () => {
    const warnings: string[] = [];
    const listener = ({ message }: Error) => void warnings.push(message);
    process.on("warning", listener);
    const options = { ...base(), steps: 4, evaluateEvery: 1, best: { metric: "recall" } };
    const { report } = await fit({ ...options, evaluate: giving([Number.NaN, 0.4, Number.NaN, 0.3]) });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listener);
    expect(report.best).toEqual({ metric: "recall", value: 0.4 });
    expect(warnings).toEqual([expect.stringMatching(/^"recall" is NaN after step 1, which counts as no improvement/)]);
  });

  it("that can't be written are told of and tried again; the last good one stays, and training goes on", async () => {
    const seen: FitEvent[] = [];
    const path = join(folder, "run");
    const logger = (event: FitEvent) => void seen.push(event);
    const onStep = async ({ step }: { step: number }) => {
      // The folder is out of reach from step 3 to step 6.
      if (step === 3) {
        await rename(path, join(folder, "away"));
        await writeFile(path, "a file in its place");
      }
      if (step === 7) {
        await rm(path);
        await rename(join(folder, "away"), path);
      }
    };
    const options = { ...base(), checkpoint: { folder: path, everySteps: 2, keep: 9 } };
    const warnings: string[] = [];
    const listener = ({ message }: Error) => void warnings.push(message);
    process.on("warning", listener);
    const { model } = await fit({ ...options, logger, callbacks: { onStep } });
    process.off("warning", listener);
    expect(warnings).toEqual([expect.stringContaining("after step 4 failed."), expect.stringContaining("after step 6 failed.")]);
    expect(kindsOf(seen)).toEqual([
      "checkpoint 2",
      "checkpointFailed 4",
      "checkpointFailed 6",
      "checkpoint 8",
      "checkpoint 10",
      "checkpoint 12",
    ]);
    const failed = seen.find((event) => event.kind === "checkpointFailed")!;
    expect((failed as { error: Error }).error).toMatchObject({ code: "STORAGE", message: expect.stringContaining(path) });
    expect(await readdir(path)).toEqual(["step-00000002", "step-00000008", "step-00000010", "step-00000012"]);
    expect(weightsFile(model.weights)).toEqual(weightsFile((await fit(base())).model.weights));
  });

  it("that can't be written at an abort are told of, with the last good one", async () => {
    const path = join(folder, "run");
    const stop = new AbortController();
    const onStep = async ({ step }: { step: number }) => {
      if (step !== 3) return;
      await rename(path, join(folder, "away"));
      await writeFile(path, "a file in its place");
      stop.abort();
    };
    const run = fit({ ...base(), checkpoint: { folder: path, everySteps: 2 }, callbacks: { onStep }, signal: stop.signal });
    await expect(run).rejects.toThrow(
      /after 3 of 12 steps because the signal was aborted\. What it had learnt could not be saved: .* The last good checkpoint is .*step-00000002\./s,
    );
  });

  it("of another version, of another model, or half there are not gone on from", async () => {
    const options = { ...base(), steps: 2, checkpoint: { folder } };
    await fit(options);
    const json = join(folder, "step-00000002/checkpoint.json");
    const written = await readFile(json, "utf8");
    const head = {
      contract: 1,
      name: "other",
      config: {},
      dim: () => 8,
      weights: () => ({ w: { shape: [8], values: new Float32Array(8) } }),
      apply: (x: never) => x,
    } as never;
    await expect(fit({ ...options, resume: true, head })).rejects.toThrow(
      /was written by a run with head .*linear.*; this run has .*other/,
    );
    await writeFile(json, written.replace('"version":1', '"version":7'));
    await expect(fit({ ...options, resume: true })).rejects.toThrow(
      "this release reads version 1, it is of version 7. Remove that folder to go on from the one before it.",
    );
    await writeFile(json, written.slice(0, 50));
    await expect(fit({ ...options, resume: true })).rejects.toMatchObject({
      code: "INCOMPATIBLE",
      message: expect.stringContaining("Remove that folder"),
    });
    await writeFile(json, written);
    expect((await fit({ ...options, resume: true })).report.resumedFrom).toBe(2);
  });
});

describe("a run", () => {
  it("takes the best weights by any metric, and tells of each look", async () => {
    const seen: FitEvent[] = [];
    const logger = (event: FitEvent) => void (event.kind === "validation" && seen.push(event));
    const options = { ...base(), evaluateEvery: 3, best: { metric: "recall" }, logger };
    const { history, report, model } = await fit({ ...options, evaluate: giving([0.2, 0.7, 0.7, 0.5]) });
    expect(report).toMatchObject({ bestStep: 6, best: { metric: "recall", value: 0.7 }, endedBy: "steps", steps: 12 });
    expect(history.flatMap(({ step, metrics }) => (metrics ? [[step, metrics["recall"]]] : []))).toEqual([
      [3, 0.2],
      [6, 0.7],
      [9, 0.7],
      [12, 0.5],
    ]);
    expect(seen.map((event) => (event as { best: boolean }).best)).toEqual([true, true, false, false]);
    const lowest = await fit({ ...options, best: { metric: "recall", higherIsBetter: false }, evaluate: giving([0.2, 0.7, 0.1, 0.5]) });
    expect(lowest.report.bestStep).toBe(9);
    expect(weightsFile(lowest.model.weights)).not.toEqual(weightsFile(model.weights));
  });

  it("looks ten times where it is not told how often, and at 16 batches of held-out data at most", async () => {
    const validation = clusters(9, { labels: 60 });
    let drawn = 0;
    const counted: typeof validation = {
      ...validation,
      sampler: (options) => {
        const sampler = validation.sampler(options);
        return {
          ...sampler,
          next: () => {
            drawn++;
            return sampler.next();
          },
        };
      },
    };
    const looks = async (steps: number) => {
      const { history } = await fit({ ...base(), steps, validation: counted });
      return history.flatMap(({ step, validationLoss }) => (validationLoss === undefined ? [] : [step]));
    };
    // 360 samples are 15 batches of 24.
    expect(await looks(25)).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 25]);
    expect(drawn).toBe(15);
    drawn = 0;
    await fit({ ...base(), steps: 1, labelsPerBatch: 2, samplesPerLabel: 2, validation: counted });
    expect(drawn).toBe(16);
  });

  it("hands `evaluate` the model as it is", async () => {
    const { data } = base();
    const lengths: number[] = [];
    const { model } = await fit({
      ...base(),
      evaluateEvery: 12,
      evaluate: async (now) => {
        const embeddings = await now.encode(data.values);
        lengths.push(embeddings.length);
        return { first: embeddings[0]! };
      },
      logger: (event) => void (event.kind === "end" && lengths.push(event.history.at(-1)!.metrics!["first"]!)),
    });
    expect(lengths).toEqual([36 * 8, (await model.encode(data.values))[0]]);
  });

  it("looks at what `evaluate` gives only to tell it, where nothing is to be decided by it", async () => {
    const { report } = await fit({ ...base(), evaluateEvery: 6, evaluate: giving([0.9, 0.1]) });
    expect(report).toMatchObject({ bestStep: undefined, best: undefined });
  });

  it("says what is wrong with what `evaluate` gives", async () => {
    await expect(fit({ ...base(), evaluate: () => ({ recall: "high" }) as never })).rejects.toThrow(
      '`fit.evaluate` must give numbers by name, { accuracy: 0.9 }; received "high" for "recall".',
    );
    await expect(fit({ ...base(), evaluate: () => 3 as never })).rejects.toThrow("received 3.");
    await expect(fit({ ...base(), evaluate: giving([1]), best: { metric: "recal" } })).rejects.toThrow(
      'or a number that `evaluate` gives: recall; received "recal".',
    );
  });

  it("ends where held-out data has stopped gaining, with a checkpoint, and ends there again", async () => {
    const options = { ...base(), evaluateEvery: 2, best: { metric: "recall" }, earlyStopping: { patience: 1 }, checkpoint: { folder } };
    const { report } = await fit({ ...options, evaluate: giving([0.5, 0.6, 0.4, 0.6, 0.9]) });
    expect(report).toMatchObject({ steps: 8, endedBy: "earlyStopping", bestStep: 4 });
    expect(await readdir(folder)).toEqual(["step-00000008"]);
    const again = await fit({ ...options, evaluate: giving([]), resume: true });
    expect(again.report).toMatchObject({ steps: 8, resumedFrom: 8, endedBy: "earlyStopping", bestStep: 4 });
  });

  it("ends after its minutes, after a last look and checkpoint, and goes on from there", async () => {
    const options = { ...base(), validation: clusters(9), checkpoint: { folder } };
    const { report, history } = await fit({ ...options, maxMinutes: 1e-9 });
    // The time has passed before the first step.
    expect(report).toMatchObject({ steps: 0, endedBy: "time" });
    expect(history).toEqual([]);
    let step = 0;
    const slow = { onStep: async () => void (++step === 3 && (await new Promise((resolve) => setTimeout(resolve, 3000)))) };
    const timed = await fit({ ...options, maxMinutes: 0.05, callbacks: slow });
    expect(timed.report.endedBy).toBe("time");
    expect(timed.report.steps).toBeLessThan(12);
    expect(timed.history.at(-1)!.validationLoss).toBeDefined();
    const rest = await fit({ ...options, resume: true });
    expect(rest.report).toMatchObject({ resumedFrom: timed.report.steps, steps: 12, endedBy: "steps" });
  });

  it("tells loss, rate, speed, time left, memory and what held-out data says", async () => {
    const notes: string[] = [];
    await fit({
      ...base(),
      evaluateEvery: 12,
      evaluate: giving([0.25]),
      onProgress: ({ phase, note }) => void (phase === "training" && notes.push(note!)),
    });
    expect(notes.at(-1)).toMatch(/^loss 0\.\d+, rate [\d.e-]+, [\d.e+]+ samples\/s, 0 s left, \d+ MiB, recall 0\.2500$/);
  });
});
