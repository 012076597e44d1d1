import { InvalidArgumentError, Random } from "@quaterion/core";
import type { ClassLoss, RelationLoss } from "@quaterion/core/training";
import { lossValue, relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { masks, threeRows } from "../test/three-rows.js";
import { contrastive } from "./contrastive.js";
import { guidedNegatives } from "./guided-negatives.js";
import { nTXent } from "./n-t-xent.js";
import { perPart } from "./per-part.js";
import { softmax } from "./softmax.js";
import { sum } from "./sum.js";
import { supervisedContrastive } from "./supervised-contrastive.js";

describe("perPart", () => {
  beforeAll(() => useEngine());
  const cold = supervisedContrastive({ temperature: 0.05 });
  const warm = supervisedContrastive({ temperature: 0.5 });
  for (const law of relationLossLaws(perPart({ banking: cold }, warm))) it(law.title, law.run);

  it("has the loss of the part that a batch is from, reduced by its own reducer, and else the other", () => {
    const whole = contrastive({ reducer: sum() });
    const loss = perPart({ banking: cold, hwu: warm, "hwu.intent": whole }, nTXent());
    tf.tidy(() => {
      const batch = masks(tf.tensor2d(threeRows));
      const value = (of: RelationLoss, source?: string) => lossValue(of, { ...batch, source }, {}).dataSync()[0]!;
      const chosen = [
        ["banking", cold],
        ["hwu", warm],
        ["hwu.scenario", warm],
        ["hwu.intent", whole],
        ["hwu.intent.fine", whole],
        ["hwuintent", nTXent()],
        ["clinc", nTXent()],
        [undefined, nTXent()],
      ] as const;
      for (const [source, own] of chosen) expect([source, value(loss, source)]).toEqual([source, value(own)]);
      const names = (source?: string) => Object.keys(loss.compute({ ...batch, source }, {}).parts!);
      expect([names("banking"), names("hwu.scenario"), names()]).toEqual([["banking"], ["hwu"], ["*"]]);
    });
    expect(loss.ofParts).toEqual(["hwu.intent", "banking", "hwu"]);
  });

  it("keeps apart what losses learn", () => {
    const twice = perPart({ a: softmax({ temperature: 0.2 }), "a.b": softmax({ temperature: 0.3 }) }, softmax()) as ClassLoss;
    const initial = twice.parameters!({ dim: 2, classes: 3 }, new Random(1));
    expect(Object.keys(initial)).toEqual(["a.prototypes", "a:b.prototypes", "*.prototypes"]);
    tf.tidy(() => {
      const parameters = Object.fromEntries(
        Object.entries(initial).map(([name, { shape, values }]) => [name, tf.tensor(values, shape as number[])]),
      );
      const batch = { embeddings: tf.tensor2d([1, 0, 0, 1], [2, 2]), classes: tf.tensor1d([0, 2], "int32"), source: "a.b" };
      const [own] = twice.compute(batch, parameters).parts!["a.b"]!;
      const alone = softmax({ temperature: 0.3 }).compute(batch, { prototypes: parameters["a:b.prototypes"]! } as never);
      expect(own!.total.dataSync()[0]).toBeCloseTo(tf.sum(alone.terms).dataSync()[0]!, 5);
    });
  });

  it("asks for what any of the losses needs, and takes a memory where all do", () => {
    expect((perPart({ a: guidedNegatives() }, cold) as RelationLoss).needs).toEqual(["guide"]);
    expect(perPart({ a: cold }, warm).memory).toBe(true);
    expect(perPart({ a: cold }, { ...warm, memory: false }).memory).toBe(false);
    expect(perPart({ a: cold }, warm).config).not.toEqual(perPart({ a: warm }, warm).config);
  });

  it.each<[string, () => unknown, RegExp]>([
    ["no losses", () => perPart({}, cold), /`perPart` must be given one or more losses by part/],
    ["no loss otherwise", () => perPart({ a: cold }, undefined as never), /`perPart otherwise` must be a loss/],
    ["a part without a loss", () => perPart({ a: {} as never }, cold), /`perPart.a` must be a loss/],
    ["other reads", () => perPart({ a: softmax() as never }, cold), /`perPart.a` must read relations.*softmax, which reads classes/],
    ["a label's name", () => perPart({ "a/b": cold }, cold), /names of parts.*received "a\/b"/],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(message);
  });
});
