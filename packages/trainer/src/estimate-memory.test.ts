import type { TrainableEncoder } from "@quaterion/core/training";
import { describe, expect, it } from "vitest";
import { clusters } from "../test/array-data.js";
import { pullAndPush, softmax, softmaxOfPairs } from "../test/losses.js";
import { estimateMemory } from "./estimate-memory.js";
import { adafactor } from "./optimizers/adafactor.js";
import { sgd } from "./optimizers/sgd.js";

const data = clusters(1); // 36 samples, 6 labels
const encoder = { dim: 8 };

describe("estimateMemory", () => {
  it("counts vectors, weights with what the optimizer keeps, and the step", () => {
    // 8·8 + 8 weights; AdamW: 2·(1 + 2) + 1 = 7 arrays each. Batch min(256, 36): 8 arrays of 8 and 10 of 36 for each row.
    expect(estimateMemory({ data, encoder, loss: pullAndPush })).toEqual({
      vectors: 36 * 8 * 4,
      weights: 72 * 7 * 4,
      step: 36 * (8 * 8 + 10 * 36) * 4,
      total: 36 * 8 * 4 + 72 * 7 * 4 + 36 * (8 * 8 + 10 * 36) * 4,
    });
  });

  it("counts what the loss learns for each label space", () => {
    const optimizer = sgd({ momentum: 0 });
    const loss = softmax as typeof pullAndPush | typeof softmax as typeof pullAndPush;
    const one = estimateMemory({ data, encoder, loss, optimizer }).weights;
    const two = estimateMemory({ data: clusters(1, { spaces: ["a", "b"] }), encoder, loss, optimizer }).weights;
    expect(one).toBe((72 + 48) * 3 * 4);
    expect(two).toBe((72 + 96) * 3 * 4);
  });

  it("counts a guide's vectors, and what a loss on pairs learns for each class of pairs", () => {
    const plain = estimateMemory({ data, encoder, loss: pullAndPush });
    const guided = estimateMemory({ data, encoder, loss: pullAndPush, guide: { dim: 5 } });
    expect(guided.vectors - plain.vectors).toBe(36 * 5 * 4);
    expect(guided.step - plain.step).toBe(36 * 5 * 4);
    const optimizer = sgd({ momentum: 0 });
    const pairs = { ...data, pairClasses: ["entails", "neutral", "contradicts"] };
    expect(estimateMemory({ data: pairs, encoder, loss: softmaxOfPairs, optimizer }).weights).toBe((72 + 8 * 3) * 3 * 4);
  });

  it("counts an average of the weights, and sums of gradients", () => {
    const weights = (options: object) => estimateMemory({ data, encoder, loss: pullAndPush, ...options }).weights / 4;
    expect(weights({ ema: 0.9 })).toBe(72 * 9);
    expect(weights({ accumulate: 2 })).toBe(72 * 8);
    // A matrix of 8·8 keeps 8 + 8 numbers, a vector of 8 as many as it has.
    expect(weights({ optimizer: adafactor() })).toBe(2 * (64 + 16) + 64 + (2 * (8 + 8) + 8));
  });

  it("of a cached step grows with a chunk, and a block of anchors, and counts a memory", () => {
    const many = clusters(1, { labels: 64, perLabel: 8 });
    const step = (options: object) => estimateMemory({ data: many, encoder, loss: pullAndPush, labelsPerBatch: 64, ...options }).step / 4;
    expect(step({ gradientCache: { chunk: 16, block: 32 } })).toBe(16 * 8 * 8 + 32 * 10 * 256 + 4 * 256 * 8);
    expect(step({ memory: { size: 100 } }) - step({})).toBe(256 * 10 * 100 + 100 * 8);
  });

  it("counts a trained encoder's weights, constants and step, and no vectors", () => {
    const tensor = (size: number) => ({ shape: [size], values: new Float32Array(size) });
    const trained = {
      dim: 8,
      weights: () => ({ a: tensor(10), b: tensor(20) }),
      constants: { c: tensor(100) },
      stepNumbers: (values: readonly unknown[]) => 1000 * values.length,
      apply: () => undefined,
    } as unknown as TrainableEncoder<never>;
    // No head; batch min(24 · 3, 36).
    expect(estimateMemory({ data, encoder: trained, loss: pullAndPush })).toMatchObject({
      vectors: 0,
      weights: (30 * 7 + 100) * 4,
      step: (36 * (8 * 8 + 10 * 36) + 36_000) * 4,
    });
  });

  it("grows with the square of the batch for losses on pairs", () => {
    const many = clusters(1, { labels: 64, perLabel: 8 });
    const step = (labelsPerBatch: number) =>
      estimateMemory({ data: many, encoder, loss: pullAndPush, labelsPerBatch, samplesPerLabel: 4 }).step;
    expect(step(64) / step(16)).toBeGreaterThan(12);
  });
});
