import "@tensorflow/tfjs-backend-cpu";
import { QuaterionError, Random } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import * as all from "./index.js";

/** Every loss that can be made without an argument, and one of each kind that is made around another. */
const losses: Loss[] = [
  ...Object.values(all).flatMap((factory) => {
    try {
      const made = (factory as () => Partial<Loss>)();
      return typeof made?.compute === "function" && made.reads !== undefined ? [made as Loss] : [];
    } catch {
      return [];
    }
  }),
  all.mined(all.contrastive(), all.hard()),
  all.weightedSum({ one: all.contrastive() }),
  all.weightedSum({ one: all.barlowTwins() }),
  all.classWeighted(all.arcFace(), [1, 2]),
  all.selfSupervised(all.contrastive()),
  all.matryoshka(all.coSENT(), { dims: [4, 2] }),
  all.regularized(all.arcFace(), { parameters: all.regularFace() }),
];

const refusal = (run: () => unknown): QuaterionError => {
  try {
    run();
  } catch (error) {
    return error as QuaterionError;
  }
  throw new Error("nothing was refused");
};

describe("a batch that is none", () => {
  it("is tried on every kind of loss", () => {
    expect(new Set(losses.map(({ reads }) => reads))).toEqual(new Set(["relations", "classes", "scores", "views"]));
    expect(losses.length).toBeGreaterThan(60);
  });

  it.each(losses.map((loss) => [loss.name, loss] as const))("is refused with the loss's name and what came: %s", (name, loss) => {
    for (const given of [undefined, {}, null, 42, "x"]) {
      const error = refusal(() => loss.compute(given as never, {}));
      expect(error).toBeInstanceOf(QuaterionError);
      expect(error.message).toMatch(/^`.+` must be .*; received /);
      expect(error.message).toContain(`\`${name.replace(/\(.*/, "")}`);
    }
  });
});

describe("what a loss learns", () => {
  const embeddings = tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4]);
  const similar = tf.tensor2d([0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0], [4, 4]);
  const batches = {
    relations: { anchors: embeddings, candidates: embeddings, similar, dissimilar: tf.sub(tf.sub(1, tf.eye(4)), similar) },
    classes: { embeddings, classes: tf.tensor1d([0, 0, 1, 1], "int32") },
    scores: { first: embeddings, second: embeddings, scores: tf.tensor1d([0, 1, 0, 1]), classes: tf.tensor1d([0, 0, 1, 1], "int32") },
    views: { views: [embeddings, embeddings] },
  } as const;
  const learning = [...losses, all.mined(all.marginLoss(), all.hard()), all.weightedSum({ border: all.marginLoss() })].filter(
    (loss) => Object.keys(loss.parameters?.({ dim: 4, classes: 2 }, new Random(1)) ?? {}).length > 0,
  );

  it("is asked of every kind of loss that learns", () => {
    expect(new Set(learning.map(({ reads }) => reads))).toEqual(new Set(["relations", "classes", "scores", "views"]));
  });
  it.each(learning.map((loss) => [loss.name, loss] as const))("is named where it is not given: %s", (_, loss) => {
    for (const given of [undefined, {}]) {
      const { message } = refusal(() => tf.tidy(() => loss.compute(batches[loss.reads] as never, given as never).terms));
      expect(message).toMatch(/^`\w+.compute parameters\.\w+` must be a tensor, as the loss learns it; received undefined\.$/);
    }
  });
  it("may be asked for by a name that the loss does not declare", () => {
    const plain = all.defineClassLoss<object, Record<string, tf.Tensor>>({
      name: "plain",
      defaults: {},
      check: {},
      parameters: () => ({}),
      compute: (batch, _, learned) => ({ terms: tf.mul(tf.sum(batch.embeddings, 1), learned["scale"] ?? 2) }),
    });
    expect([...tf.tidy(() => plain().compute(batches.classes, {}).terms).dataSync()]).toEqual([2, 2, 2, 2]);
  });
});
