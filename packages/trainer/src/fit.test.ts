import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusters, pointEncoder } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import { weightsFile } from "./weights-file.js";
import { fit } from "./fit.js";

const short = { encoder: pointEncoder(8), loss: pullAndPush, steps: 20, learningRate: 0.01, labelsPerBatch: 6, samplesPerLabel: 4 } as const;

describe("fit", () => {
  it("learns", async () => {
    const { history, model, report } = await fit({ ...short, data: clusters(1), engine: "cpu" });
    console.log(report, history.map(h=>h.loss));
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss * 0.7);
  });
});
