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
      "loss-definition",
      "loss-options",
      "masked-log-sum-exp",
      "mean",
      "reducer-value",
      "row-lengths",
      "supervised-contrastive",
      "unit-vectors",
    ]);
  });

  /** Relation losses that take more than 3 kB, and what for. */
  const larger: Readonly<Record<string, readonly [bytes: number, whatFor: string]>> = {
    angular: [3100, "a second softmax, among the candidates"],
    tupletMargin: [3200, "a check of angles, and a sine whose gradient stays finite"],
    intraPairVariance: [3250, "kinds reduced apart, and means over all pairs"],
    fastAP: [3250, "soft histograms and their gradient"],
    histogram: [3300, "one histogram of all pairs"],
    onlineContrastive: [3400, "four extremes and two means over all pairs"],
    thresholdConsistentMargin: [3400, "kinds reduced apart, and four options"],
    signalToNoiseContrastive: [3400, "kinds reduced apart, and a distance of its own"],
    generalizedLiftedStructure: [3550, "Euclidean distances whose gradient stays finite"],
    marginLoss: [3750, "the same, and a border that is learned, and asked for by name"],
    rankedList: [3700, "the same, and six options"],
    liftedStructure: [4200, "the same, and sums that are seen from either end"],
    smoothAP: [4450, "triplets in blocks that bound memory"],
    guidedNegatives: [4700, "three softmaxes, and what a guide is needed for"],
    surrogatePrecision: [4800, "triplets in blocks that bound memory"],
    pnp: [4800, "the same, in five variants"],
    dynamicSoftMargin: [7100, "triplets in blocks, weighed by a histogram"],
    multipleNegativesRanking: [
      7200,
      "four directions, two partitions and three kinds of hardness, with the errors of what does not go together",
    ],
    tripletMargin: [7800, "triplets in blocks with swap, miners and their gradients"],
  };
  const relationLosses = [...everyLoss()].flatMap(([name, { reads }]) => (reads === "relations" ? [name] : []));
  it.each(relationLosses)("of a relation loss takes at most 3 kB beside TensorFlow.js, unless its formula needs more: %s", async (name) => {
    const { bytes } = await bundleOf(root, name);
    const [most] = larger[name] ?? [3000];
    expect(bytes).toBeLessThanOrEqual(most);
    if (name in larger) expect(bytes).toBeGreaterThan(3000);
  });

  it("is checks and errors that the whole house shares, for a third", async () => {
    const { bytes, coreBytes } = await bundleOf(root, "supervisedContrastive");
    expect(bytes - coreBytes).toBeLessThanOrEqual(1900);
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
