import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { everyLoss } from "../src/every-loss.js";
import { bundleOf } from "../src/sizes/bundle.js";

const root = join(import.meta.dirname, "..", "..", "..");
const fileOf = (name: string) => name.replace(/[A-Z]+(?![a-z])|[A-Z]/g, (letters) => `-${letters.toLowerCase()}`);

describe("a bundle that imports one loss", () => {
  it("holds that loss and what it is made of", async () => {
    const { files } = await bundleOf(root, "supervisedContrastive");
    expect([...files].sort()).toEqual([
      "cosine-similarities",
      "define-relation-loss",
      "detach",
      "loss-definition",
      "loss-options",
      "masked-log-sum-exp",
      "mean",
      "reducer-value",
      "row-lengths",
      "supervised-contrastive",
      "unit-vectors",
      "whole-batch-reducer",
    ]);
  });

  it("takes little beside TensorFlow.js, of which a third are checks and errors that the whole house shares", async () => {
    const { bytes, coreBytes } = await bundleOf(root, "supervisedContrastive");
    expect(bytes).toBeLessThanOrEqual(3250);
    expect(bytes - coreBytes).toBeLessThanOrEqual(2200);
  });

  /** Losses that are others with options, or share what these export. */
  const madeOf: Readonly<Record<string, string>> = { meanSquaredError: "embedding-distillation", classMarginLoss: "margin-loss" };
  const losses = new Set([...everyLoss().keys()].map(fileOf));
  it.each([...everyLoss().keys()])("%s holds no other loss", async (name) => {
    const { files } = await bundleOf(root, name);
    expect(files).toContain(fileOf(name));
    expect(files.filter((file) => losses.has(file) && file !== fileOf(name) && file !== madeOf[name])).toEqual([]);
  });
});
