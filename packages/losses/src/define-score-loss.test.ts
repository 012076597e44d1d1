import { finiteNumber } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { handScoreValue } from "../test/hand-batch.js";
import { defineScoreLoss } from "./define-score-loss.js";
import { sum } from "./sum.js";

const plain = defineScoreLoss({
  name: "plain",
  defaults: { times: 2 },
  check: { times: finiteNumber },
  compute: ({ scores }, { times }) => ({ terms: tf.mul(times, scores) }),
});
const taught = defineScoreLoss({
  name: "taught",
  defaults: {},
  check: {},
  needs: ["teacherScores"],
  leastOthers: 1,
  compute: ({ teacherScores }) => ({ terms: teacherScores }),
});
const pairs = { first: [[1], [2]], second: [[1], [2]], scores: [1, 5] };

describe("defineScoreLoss", () => {
  it("makes a factory whose value declares everything", () => {
    expect(plain()).toMatchObject({
      contract: 1,
      reads: "scores",
      needs: ["scores"],
      leastOthers: 0,
      name: "plain",
      memory: false,
      wholeBatch: false,
      config: { times: 2 },
    });
    expect(plain().reducer!.name).toBe("mean");
    expect(plain().parameters).toBeUndefined();
    expect(taught()).toMatchObject({ needs: ["teacherScores"], leastOthers: 1 });
    expect(plain({ reducer: sum() }).wholeBatch).toBe(true);
  });
  it("applies weights: 2 · (3 · 1 + 1 · 5) / 4", async () => {
    expect(await handScoreValue(plain(), pairs)).toBe(6);
    expect(await handScoreValue(plain(), { ...pairs, weights: [3, 1] })).toBe(4);
    expect(await handScoreValue(plain({ reducer: sum() }), { ...pairs, weights: [3, 1] })).toBe(16);
  });
  it("leaves weights to a loss that needs whole batches", async () => {
    const whole = defineScoreLoss({
      name: "whole",
      defaults: {},
      check: {},
      wholeBatch: true,
      compute: ({ scores }) => ({ terms: scores }),
    });
    expect(whole()).toMatchObject({ wholeBatch: true });
    expect(await handScoreValue(whole(), { ...pairs, weights: [3, 1] })).toBe(3);
  });
  it("gives the definition's parameters the options", () => {
    const learned = defineScoreLoss<{ start: number }, { border: tf.Tensor }>({
      name: "learned",
      defaults: { start: 0.5 },
      check: { start: finiteNumber },
      parameters: (_, __, { start }) => ({ border: { shape: [1], values: Float32Array.of(start) } }),
      compute: ({ scores }, _, { border }) => ({ terms: tf.mul(scores, border) }),
    });
    expect(learned({ start: 0.25 }).parameters!({ dim: 2, classes: 0 }, undefined as never).border.values[0]).toBe(0.25);
  });
  it("says what the batch lacks", async () => {
    const { first, second } = pairs;
    await expect(handScoreValue(plain(), { first, second })).rejects.toThrow(
      "`plain` needs a graded similarity of each pair; the batch has no `scores`.",
    );
    await expect(handScoreValue(taught(), pairs)).rejects.toThrow("`taught` needs a teacher's scores of the pairs");
    await expect(handScoreValue(taught(), { ...pairs, teacherScores: [[1], [2]] })).rejects.toThrow(
      "`taught` needs 1 or more partners beside the first of each row (negatives); the batch has 0 in `others`.",
    );
    await expect(handScoreValue(taught(), { ...pairs, others: [first], teacherScores: [[1], [2]] })).rejects.toThrow(
      "`taught` needs teacher's scores of 2 partners for each row, as many as there are; received 1 in `teacherScores`.",
    );
  });
  it("names the nearest option for an unknown one, and the option whose value is wrong", () => {
    expect(() => plain({ time: 3 } as object)).toThrow("`plain` has no option `time`. It has `times`, `reducer`.");
    expect(() => plain({ times: Number.NaN })).toThrow("`plain.times` must be a finite number; received NaN.");
  });
  it("lets options be checked together", () => {
    const strict = defineScoreLoss({
      name: "strict",
      defaults: { low: 0, high: 1 },
      check: { low: finiteNumber, high: finiteNumber },
      checkTogether: ({ low, high }) => {
        if (low >= high) throw new Error("low is not below high");
      },
      compute: ({ scores }) => ({ terms: scores }),
    });
    expect(() => strict({ low: 2 })).toThrow("low is not below high");
    expect(strict({ low: 2, high: 3 }).config).toEqual({ low: 2, high: 3 });
  });
  it("knows by type what the batch has", () => {
    expectTypeOf(plain().compute).parameter(0).toHaveProperty("scores").toEqualTypeOf<tf.Tensor1D>();
    expectTypeOf(taught().compute).parameter(0).toHaveProperty("teacherScores").toEqualTypeOf<tf.Tensor2D>();
    expectTypeOf(taught().compute).parameter(0).toHaveProperty("scores").toEqualTypeOf<tf.Tensor1D | undefined>();
  });
});
