import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Sampler } from "@quaterion/core";
import { supervisedContrastive } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../test/array-data.js";
import { noisyHead } from "../test/heads.js";
import { fit } from "./fit.js";
import type { FitOptions } from "./options.js";
import { weightsFile } from "./weights-file.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-within-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

let drawn = 0;
/** Data whose batches are counted. */
function counted() {
  const data = clusters(1, { spaces: ["a", "b"] });
  const sampler = (options: Parameters<typeof data.sampler>[0]): Sampler => {
    const own = data.sampler(options);
    return {
      ...own,
      batchesPerEpoch: own.batchesPerEpoch,
      next: () => {
        drawn++;
        return own.next();
      },
      state: () => own.state(),
      restore: (state) => own.restore(state),
    };
  };
  return { ...data, sampler };
}

const options = (): FitOptions<Point> => ({
  data: counted(),
  encoder: pointEncoder(8),
  head: noisyHead,
  loss: supervisedContrastive(),
  steps: 9,
  learningRate: 0.02,
  labelsPerBatch: 6,
  samplesPerLabel: 4,
  engine: "cpu",
  memory: { size: 20, from: 1 },
  gradientCache: { chunk: 3, block: 6 },
});

it.each([1, 6, 11, 17])(
  "a cached step that is stopped after %i of its 20 parts has not been: the run goes on as if it never stopped",
  async (parts) => {
    const whole = await fit(options());
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => {
      if (step !== 5) return;
      drawn = 0;
      // A turn after each part of a step, and one after the step.
      const wait = async (turns: number): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) await nextTurn();
        stop.abort();
      };
      void wait(parts + 1);
    };
    const checkpoint = { folder, everySteps: 100 };
    const run = fit({ ...options(), checkpoint, signal: stop.signal, callbacks: { onStep } });
    await expect(run).rejects.toThrow(/Training ended after 5 of 9 steps because the signal was aborted/);
    expect(drawn).toBe(1);
    expect(await readdir(folder)).toEqual(["step-00000005"]);
    expect(tf.memory().numTensors).toBe(before);
    const resumed = await fit({ ...options(), checkpoint, resume: true });
    expect(resumed.report.resumedFrom).toBe(5);
    expect(weightsFile(resumed.model.weights)).toEqual(weightsFile(whole.model.weights));
    expect(resumed.history).toEqual(whole.history);
  },
);
