import { finiteNumber } from "@quaterion/core";
import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { dotProducts } from "./dot-products.js";
import { hard } from "./hard.js";
import { mean } from "./mean.js";
import { sum } from "./sum.js";
import { tripletMargin } from "./triplet-margin.js";

const known = defineRelationLoss({
  name: "known",
  defaults: { times: 2, wide: false },
  check: { times: finiteNumber, wide: (value) => value as boolean },
  wholeBatch: ({ wide }) => wide,
  compute({ anchors, candidates, similar }, { times }) {
    return { terms: tf.mul(times, dotProducts(anchors, candidates)), counted: similar };
  },
});

describe("defineRelationLoss", () => {
  it("makes a factory whose value declares everything", () => {
    expect(known()).toMatchObject({ contract: 1, reads: "relations", name: "known", memory: true, wholeBatch: false });
    expect(known().reducer!.name).toBe("mean");
    expect(known().parameters).toBeUndefined();
  });
  it("keeps its options as JSON, so that a run with others is another run", () => {
    expect(tripletMargin({ margin: 0.3, miner: hard() }).config).toEqual({
      margin: 0.3,
      soft: false,
      miner: "hard",
      distances: "cosineDistances",
      swap: false,
      average: "active",
    });
  });
  it("lets an option decide that whole batches are needed", () => {
    expect(known({ wide: true })).toMatchObject({ memory: false, wholeBatch: true });
  });
  it("needs whole batches with a reducer that does not add up over blocks", () => {
    expect(known({ reducer: sum() })).toMatchObject({ memory: false, wholeBatch: true });
  });
  it("takes no memory where the definition says so", () => {
    const forgetful = defineRelationLoss({
      name: "forgetful",
      defaults: {},
      check: {},
      memory: false,
      compute: ({ similar }) => ({ terms: similar }),
    });
    expect(forgetful()).toMatchObject({ memory: false, wholeBatch: false });
  });
  it("uses defaults for options that are absent or undefined", async () => {
    // Anchors 1 and 2, candidates 10; similar both: 2 · (10 + 20) / 2.
    expect(await handValue(known(), [[1], [2]], [[1], [1]], [[10]])).toBe(30);
    expect(await handValue(known({ times: undefined }), [[1], [2]], [[1], [1]], [[10]])).toBe(30);
    expect(await handValue(known({ times: 1 }), [[1], [2]], [[1], [1]], [[10]])).toBe(15);
  });
  it("reduces as its definition says unless the user says otherwise", () => {
    const summed = defineRelationLoss({
      name: "summed",
      defaults: {},
      check: {},
      reducer: sum(),
      compute: ({ similar }) => ({ terms: similar }),
    });
    expect(summed().reducer!.name).toBe("sum");
    expect(summed({ reducer: mean() }).reducer!.name).toBe("mean");
    expect(known().reducer!.name).toBe("mean");
  });
  it("lets an anchor count as often as its weight says", async () => {
    // Weight 3 and 1: as anchors 1, 1, 1, 2: 2 · (10 + 10 + 10 + 20) / 4 = 25. Weight 0 leaves an anchor out.
    const weighted = (weights: number[]) => handValue(known(), [[1], [2]], [[1], [1]], [[10]], weights);
    expect(await weighted([3, 1])).toBe(25);
    expect(await weighted([0, 1])).toBe(40);
  });
  it("weights terms that all count", async () => {
    const plain = defineRelationLoss({ name: "plain", defaults: {}, check: {}, compute: ({ anchors }) => ({ terms: tf.sum(anchors, 1) }) });
    expect(await handValue(plain(), [[1], [5]], [[1], [1]], [[0]], [3, 1])).toBe(2);
  });
  it("gives the definition's parameters the options", async () => {
    await useEngine();
    const learned = defineRelationLoss<{ start: number }, { border: tf.Tensor }>({
      name: "learned",
      defaults: { start: 0.5 },
      check: { start: finiteNumber },
      parameters: (_, __, { start }) => ({ border: { shape: [1], values: Float32Array.of(start) } }),
      compute: ({ similar }, _, { border }) => ({ terms: tf.mul(similar, border) }),
    });
    expect(learned({ start: 0.25 }).parameters!({ dim: 2, classes: 3 }, undefined as never).border.values[0]).toBe(0.25);
  });
  it("names the options that there are for an unknown one, and the option whose value is wrong", () => {
    expect(() => known({ time: 3 } as object)).toThrow("`known` has no option `time`. It has `times`, `wide`, `reducer`.");
    expect(() => known({ times: Number.NaN })).toThrow("`known.times` must be a finite number; received NaN.");
    expect(() => known({ reducer: mean as never })).toThrow("`known.reducer` must be a reducer like mean(); received a function.");
  });
  it("knows its options by type", () => {
    expectTypeOf(known).parameter(0).toMatchTypeOf<{ readonly times?: number; readonly wide?: boolean } | undefined>();
    // @ts-expect-error `times` is a number
    expect(() => known({ times: "2" })).toThrow("`known.times`");
  });
});
