import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCache } from "@quaterion/cache";
import { Random } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { combine, labeled, pairs, scored, triplets } from "@quaterion/datasets";
import { linearHead } from "@quaterion/encoders/trainable";
import {
  arcFace,
  center,
  centerInvariant,
  multipleNegativesRanking,
  normalizedSoftmax,
  proxyAnchor,
  regularized,
  supervisedContrastive,
  tripletMargin,
  weightedSum,
  zeroMean,
} from "@quaterion/losses";
import { fit } from "@quaterion/trainer";
import { describe, expect, it } from "vitest";
import { pointEncoder } from "./array-data.js";
import { squaredCosineError } from "./losses.js";

const dim = 8;
const encoder = pointEncoder(dim);
const random = new Random(5);
const point = (centre: readonly number[]) => centre.map((value, i) => value + random.normal() * (i < dim / 2 ? 0.2 : 2));
const rowsOf = (labels: number, perLabel: number) =>
  Array.from({ length: labels }, (_, label) => {
    const centre = Array.from({ length: dim }, (_, i) => (i < dim / 2 ? random.normal() : 0));
    return Array.from({ length: perLabel }, () => ({ value: point(centre), label: `label ${label}` }));
  }).flat();
const options = { value: (row: { value: number[] }) => row.value, label: "label" } as const;
const data = combine({ one: labeled(rowsOf(8, 6), options), two: labeled(rowsOf(5, 6), options) });
const base = { encoder, steps: 80, learningRate: 0.02, labelsPerBatch: 8, samplesPerLabel: 4, engine: "onnxruntime" } as const;

/** Mean loss of the last tenth of the steps by that of the first. */
const fall = (history: readonly { loss: number }[]) => {
  const tenth = Math.ceil(history.length / 10);
  const mean = (part: readonly { loss: number }[]) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
  return mean(history.slice(-tenth)) / mean(history.slice(0, tenth));
};

describe("fit on combined labels", () => {
  it.each([
    ["supervisedContrastive", supervisedContrastive()],
    ["tripletMargin", tripletMargin()],
    ["multipleNegativesRanking", multipleNegativesRanking()],
    ["arcFace", arcFace({ scale: 16 })],
    ["proxyAnchor", proxyAnchor({ scale: 8 })],
    [
      "a regularized weightedSum",
      regularized(weightedSum({ classes: normalizedSoftmax({ temperature: 0.2 }), compact: [0.1, center()] }), {
        embeddings: [0.01, zeroMean()],
        parameters: [0.01, centerInvariant()],
      }),
    ],
  ] as [string, Loss][])("learns with %s", async (name, loss) => {
    const within = ["classes", "compact"].map((part) => `weightedSum/${part}`);
    const named = name.includes("regularized") ? [...within, "zeroMean of embeddings", "centerInvariant of parameters"] : [];
    for (const policy of ["separate", "schedule", "distinct", "masked"] as const) {
      const { history } = await fit({
        ...base,
        data,
        loss,
        head: linearHead(),
        learningRate: 0.05,
        policy,
        steps: policy === "schedule" ? 80 : 4,
      });
      for (const { loss: value, parts } of history) {
        expect(value).toBeGreaterThan(0);
        if (parts) expect(Object.values(parts).reduce((sum, part) => sum + part)).toBeCloseTo(value, 4);
        expect(Object.keys(parts ?? {})).toEqual(named);
      }
      if (policy === "schedule") expect(fall(history)).toBeLessThan(0.9);
    }
  });
});

describe("fit on given pairs", () => {
  const rows = rowsOf(12, 6);
  const pairRows = Array.from({ length: 36 }, (_, i) => ({ a: rows[2 * i]!.value, b: rows[2 * i + 1]!.value }));
  const fields = { a: (row: (typeof pairRows)[number]) => row.a, b: (row: (typeof pairRows)[number]) => row.b } as const;

  it("learns from similar pairs, other rows of the batch being dissimilar", async () => {
    const { history } = await fit({ ...base, data: pairs(pairRows, fields), loss: multipleNegativesRanking(), head: linearHead() });
    expect(fall(history)).toBeLessThan(0.9);
  });

  it("learns from triplets", async () => {
    const tripletRows = pairRows.map((row, i) => ({ ...row, c: rows[(2 * i + 20) % rows.length]!.value }));
    const data = triplets(tripletRows, {
      anchor: ({ a }: (typeof tripletRows)[number]) => a,
      positive: ({ b }) => b,
      negative: ({ c }) => c,
    });
    const { history } = await fit({ ...base, data, loss: tripletMargin(), head: linearHead() });
    expect(fall(history)).toBeLessThan(0.9);
  });

  it("learns graded scores, also beside labels that the loss can't read", async () => {
    const scoredRows = pairRows.map((row, i) => ({ ...row, score: i % 2 }));
    const graded = scored(scoredRows, { ...fields, score: "score" });
    for (const data of [graded, combine({ graded, named: labeled(rows, options) })]) {
      const { history } = await fit({ ...base, data, loss: squaredCosineError, head: linearHead() });
      expect(fall(history)).toBeLessThan(0.9);
    }
  });
});

describe("fit through a cache on disk", () => {
  it.each(["float32", "float16", "int8"] as const)("of %s gives the same bytes cold and warm", async (precision) => {
    const folder = await mkdtemp(join(tmpdir(), "quaterion-fit-cache-"));
    const counting = pointEncoder(dim);
    const run = async () => {
      const cache = await openCache({ folder, precision });
      try {
        return await fit({ ...base, encoder: counting, data, loss: supervisedContrastive(), steps: 5, cache });
      } finally {
        await cache.close();
      }
    };
    const [cold, warm] = [await run(), await run()];
    expect(cold.report.cache).toMatchObject({ hits: 0, misses: 78 });
    expect(warm.report.cache).toMatchObject({ hits: 78, misses: 0 });
    expect(counting.encoded).toBe(78);
    expect(warm.model.weights).toEqual(cold.model.weights);
    await rm(folder, { recursive: true });
  });
});
