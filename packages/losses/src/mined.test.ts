import { relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { angularMiner } from "./angular-miner.js";
import { arcFace } from "./arc-face.js";
import { batchEasyHard } from "./batch-easy-hard.js";
import { contrastive } from "./contrastive.js";
import { distanceWeighted } from "./distance-weighted.js";
import { easy } from "./easy.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { hard } from "./hard.js";
import { hdc } from "./hdc.js";
import { mined } from "./mined.js";
import { minedPairs } from "./mined-pairs.js";
import type { Miner } from "./miner.js";
import { multiSimilarityMiner } from "./multi-similarity-miner.js";
import { pairMargin } from "./pair-margin.js";
import { semiHard } from "./semi-hard.js";
import { tripletMargin } from "./triplet-margin.js";
import { tripletMarginMiner } from "./triplet-margin-miner.js";
import { uniformHistogram } from "./uniform-histogram.js";

const miners: Miner[] = [
  easy(),
  batchEasyHard(),
  pairMargin(),
  multiSimilarityMiner(),
  hdc(),
  uniformHistogram({ bins: 3, positivesPerBin: 4, negativesPerBin: 4 }),
  semiHard(),
  tripletMarginMiner({ margin: 0.5 }),
  angularMiner({ angle: 0.5 }),
  distanceWeighted(),
];
const random = ["uniformHistogram", "distanceWeighted"];
/** These drop a dissimilar sample that lies on the anchor: it is nearer than the positive. */
const dropsTheNearest = ["batchEasyHard"];

describe.each(miners.map((miner) => [miner.name, miner] as const))("mined(contrastive, %s)", (name, miner) => {
  const is = (names: string[]) => names.some((one) => name.startsWith(one));
  // A draw depends on every digit: differences of the loss see other draws.
  const loss = mined(contrastive({ margin: 1.5 }), miner);
  for (const law of relationLossLaws(loss, { detaches: is(random) })) {
    if (is(dropsTheNearest) && law.title.includes("real pair")) continue;
    it(law.title, law.run);
  }
});

describe.each([angularMiner({ angle: 0.5 }), tripletMarginMiner({ margin: 0.5 }), hdc()].map((miner) => [miner.name, miner] as const))(
  "tripletMargin with %s",
  (_, miner) => {
    for (const law of relationLossLaws(tripletMargin({ miner, distances: euclideanDistances }))) it(law.title, law.run);
  },
);

describe("mined", () => {
  beforeAll(() => useEngine());
  // Anchor at 0°; similar at 10° and 60°, dissimilar at 30° and 90°; 1 − cos: 0.0152, 0.5, 0.134, 1.
  const [anchor, ...candidates] = atDegrees(0, 10, 60, 30, 90);
  const relations = [[1, 1, -1, -1]];
  const value = (loss: Parameters<typeof handValue>[0]) => handValue(loss, [anchor!], relations, candidates);

  it("is the loss of the pairs that stay, the others unknown", async () => {
    const [far, near] = [1 - Math.cos(Math.PI / 3), 1 - Math.cos(Math.PI / 6)];
    // hard: similar at 60°, dissimilar at 30°; ½ (0.5² + (1 − 0.134)²) / 2.
    expect(await value(mined(contrastive({ margin: 1 }), hard()))).toBeCloseTo((far ** 2 + (1 - near) ** 2) / 4, 6);
  });
  it("keeps a pair that is part of a triplet that stays", async () => {
    // Gaps: 30° − 10° 0.119, 30° − 60° −0.366, 90° − 10° 0.985, 90° − 60° 0.5; at most 0.2: the dissimilar at 90° is in none.
    const miner = tripletMarginMiner({ margin: 0.2 });
    const [d10, d60, d30] = [10, 60, 30].map((angle) => 1 - Math.cos((angle * Math.PI) / 180)) as [number, number, number];
    expect(await value(mined(contrastive({ margin: 1 }), miner))).toBeCloseTo((d10 ** 2 + d60 ** 2 + (1 - d30) ** 2) / 6, 6);
  });
  it("measures with the distances that it is given", async () => {
    // Euclidean distances of these are 0.174, 1, 0.518 and 1.414: the similar at 60° and both dissimilar ones stay; by cosine, none beyond 0.6.
    const far = pairMargin({ positiveMargin: 0.6, negativeMargin: 2 });
    const euclideanly = await value(mined(contrastive({ margin: 1 }), far, { distances: euclideanDistances }));
    const kept = [1 - Math.cos(Math.PI / 3), Math.cos(Math.PI / 6), 0];
    expect(euclideanly).toBeCloseTo(kept.reduce((sum, x) => sum + x ** 2, 0) / 6, 6);
    expect(await value(mined(contrastive({ margin: 1 }), far))).toBeCloseTo(Math.cos(Math.PI / 6) ** 2 / 4, 6);
  });
  it("declares what the loss declares, and whole batches where the miner needs them", () => {
    expect(mined(contrastive(), hard())).toMatchObject({
      reads: "relations",
      name: "mined(contrastive)",
      memory: true,
      wholeBatch: false,
      config: { loss: "contrastive", options: { margin: 0.5 }, miner: "hard", distances: "cosineDistances" },
    });
    expect(mined(contrastive(), hdc())).toMatchObject({ memory: false, wholeBatch: true });
  });
  it("goes through triplets in blocks", () => {
    const plain = tf.tidy(() => {
      const distances = tf.tensor2d([
        [1, 4, 2, 6, 9],
        [3, 5, 8, 7, 0],
      ]);
      const masks = {
        similar: tf.tensor2d([
          [1, 1, 0, 0, 1],
          [0, 1, 0, 1, 0],
        ]),
        dissimilar: tf.tensor2d([
          [0, 0, 1, 1, 0],
          [1, 0, 1, 0, 1],
        ]),
      };
      const blocks = [
        { start: 0, size: 2 },
        { start: 2, size: 3 },
      ];
      const of = (...cut: (typeof blocks)[]) => {
        const { similar, dissimilar } = minedPairs(tripletMarginMiner({ margin: 1 }), distances, masks, { dim: 2 }, ...cut);
        return [similar.arraySync(), dissimilar.arraySync()];
      };
      expect(of(blocks)).toEqual(of());
      return of();
    });
    // Anchor 0: positives 1, 4, 9 and negatives 2, 6, kept where n − p ≤ 1: (1, 2), (4, 2), (9, 2), (9, 6).
    expect(plain[0]![0]).toEqual([1, 1, 0, 0, 1]);
    expect(plain[1]![0]).toEqual([0, 0, 1, 1, 0]);
    // Anchor 1: positives 5, 7 and negatives 3, 8, 0: (5, 3), (5, 0), (7, 3), (7, 8), (7, 0).
    expect(plain[0]![1]).toEqual([0, 1, 0, 1, 0]);
    expect(plain[1]![1]).toEqual([1, 0, 1, 0, 1]);
  });
  it("says what is wrong", () => {
    expect(() => mined(arcFace() as never, hard())).toThrow("`mined.loss` must be a loss on relations, such as contrastive()");
    expect(() => mined(contrastive(), "hard" as never)).toThrow("`mined.miner` must be a miner, such as hard()");
    expect(() => mined(contrastive(), hard(), { distances: 1 as never })).toThrow("`mined.distances` must be a function of two matrices");
  });
});
