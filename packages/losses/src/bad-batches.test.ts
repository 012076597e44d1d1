import "@tensorflow/tfjs-backend-cpu";
import { QuaterionError } from "@quaterion/core";
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

it("nothing in the place of what a loss learns is refused", () => {
  const embeddings = tf.ones<tf.Rank.R2>([3, 4]);
  const classes = tf.tensor1d([0, 1, 2], "int32");
  expect(refusal(() => all.arcFace().compute({ embeddings, classes }, undefined as never)).message).toBe(
    "`arcFace.compute parameters` must be the tensors that it learns, by name; received undefined.",
  );
  expect(refusal(() => all.simSiam().compute({ views: [embeddings, embeddings] }, undefined as never)).message).toMatch(/parameters/);
});
