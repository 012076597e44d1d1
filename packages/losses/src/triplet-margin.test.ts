import { type PlainRelationBatch, relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handValue } from "../test/hand-batch.js";
import { cosine, mean, meanOverAnchors, related, relu, softplus } from "../test/plain-math.js";
import { angularMiner } from "./angular-miner.js";
import { euclideanDistances } from "./euclidean-distances.js";
import { hard } from "./hard.js";
import { semiHard } from "./semi-hard.js";
import { tripletMargin } from "./triplet-margin.js";

const d = (batch: PlainRelationBatch, i: number, j: number) => 1 - cosine(batch.anchors[i]!, batch.candidates[j]!);

/** Losses of all triplets before the hinge; `swap` takes the lesser of d(a, n) and d(p, n) where p and n are known to be dissimilar. */
function excesses(batch: PlainRelationBatch, margin: number, swap = false): number[] {
  const among = batch.amongCandidates ?? batch.relations;
  const across = (p: number, n: number) =>
    swap && among[p]![n] === -1 ? 1 - cosine(batch.candidates[p]!, batch.candidates[n]!) : Number.POSITIVE_INFINITY;
  return batch.anchors.flatMap((_, i) =>
    related(batch, i, 1).flatMap((p) => related(batch, i, -1).map((n) => d(batch, i, p) - Math.min(d(batch, i, n), across(p, n)) + margin)),
  );
}

/** For each similar pair the nearest negative beyond it, or else the farthest. */
function semiHardExcesses(batch: PlainRelationBatch, margin: number): number[] {
  return batch.anchors.flatMap((_, i) =>
    related(batch, i, 1).flatMap((p) => {
      const negatives = related(batch, i, -1).map((n) => d(batch, i, n));
      if (negatives.length === 0) return [];
      const beyond = negatives.filter((one) => one > d(batch, i, p));
      return [d(batch, i, p) - (beyond.length > 0 ? Math.min(...beyond) : Math.max(...negatives)) + margin];
    }),
  );
}

const active = (values: number[]) => mean(values.filter((x) => x > 0));
const hardest = (batch: PlainRelationBatch, cost: (excess: number) => number) =>
  meanOverAnchors(batch, (i) => {
    const [positives, negatives] = [related(batch, i, 1), related(batch, i, -1)];
    if (positives.length === 0 || negatives.length === 0) return undefined;
    return cost(Math.max(...positives.map((p) => d(batch, i, p))) - Math.min(...negatives.map((n) => d(batch, i, n))));
  });

const variants: [string, Parameters<typeof tripletMargin>[0], (batch: PlainRelationBatch) => number][] = [
  ["all", {}, (batch) => active(excesses(batch, 0.5))],
  ["all, every", { average: "every" }, (batch) => mean(excesses(batch, 0.5).map(relu))],
  ["all, soft", { soft: true }, (batch) => mean(excesses(batch, 0).map(softplus))],
  ["all, swap", { swap: true, margin: 0.3 }, (batch) => active(excesses(batch, 0.3, true))],
  ["hard", { miner: hard(), average: "every" }, (batch) => hardest(batch, (excess) => relu(excess + 0.5))],
  ["hard, soft", { miner: hard(), soft: true }, (batch) => hardest(batch, softplus)],
  ["semi-hard", { miner: semiHard(), average: "every" }, (batch) => mean(semiHardExcesses(batch, 0.5).map(relu))],
];

describe.each(variants)("tripletMargin (%s)", (_, options, oracle) => {
  for (const law of relationLossLaws(tripletMargin(options), { oracle })) it(law.title, law.run);
});

describe("tripletMargin", () => {
  // Points on a line: 0, 1, 3 and 4. Anchor 0 is similar to 1 (d = 1) and 3 (d = 3), dissimilar to 2 (d = 2); the other rows know nothing.
  const line = [[10], [11], [12], [13]];
  const relations = [
    [0, 1, -1, 1],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  const options = { distances: euclideanDistances, margin: 0.5 };

  it("gives the value worked by hand, for each miner and average", async () => {
    // Triplets: (0, 1, 2): 1 − 2 + 0.5 = −0.5 → 0; (0, 3, 2): 3 − 2 + 0.5 = 1.5. Active: 1.5; every: 0.75.
    expect(await handValue(tripletMargin(options), line, relations)).toBeCloseTo(1.5, 5);
    expect(await handValue(tripletMargin({ ...options, average: "every" }), line, relations)).toBeCloseTo(0.75, 5);
    // Hard: farthest positive 3, nearest negative 2: 1.5.
    expect(await handValue(tripletMargin({ ...options, miner: hard() }), line, relations)).toBeCloseTo(1.5, 5);
    // Soft, all: log(1 + e^−1) = 0.3132617 and log(1 + e¹) = 1.3132617: mean 0.8132617.
    expect(await handValue(tripletMargin({ distances: euclideanDistances, soft: true }), line, relations)).toBeCloseTo(0.8132617, 5);
  });
  it("gives each similar pair its semi-hard negative", async () => {
    // Anchor 10; positive 11 (d = 1) and 13 (d = 3); negatives 12 (d = 2), 16 (d = 6). For 11 the nearest beyond 1 is 12: 1 − 2 + 2 = 1.
    // For 13 it is 16: 3 − 6 + 2 = −1 → 0. Mean over both: 0.5. Without 16 nothing lies beyond 13: the farthest, 12: 3 − 2 + 2 = 3; mean 2.
    const loss = tripletMargin({ distances: euclideanDistances, margin: 2, miner: semiHard(), average: "every" });
    expect(await handValue(loss, [[10]], [[1, -1, 1, -1]], [[11], [12], [13], [16]])).toBeCloseTo(0.5, 5);
    expect(await handValue(loss, [[10]], [[1, -1, 1, 0]], [[11], [12], [13], [16]])).toBeCloseTo(2, 5);
  });
  it("swaps only with pairs that are known to be dissimilar", async () => {
    // a = 10, p = 13 (d = 3), n = 14 (d = 4, from p 1); margin 0.5: without swap 3 − 4 + 0.5 → 0; with swap 3 − 1 + 0.5 = 2.5.
    const rows = [[10], [13], [14]];
    const known = (pn: number) => [
      [0, 1, -1],
      [0, 0, pn],
      [0, pn, 0],
    ];
    expect(await handValue(tripletMargin({ ...options, swap: true }), rows, known(-1))).toBeCloseTo(2.5, 5);
    expect(await handValue(tripletMargin({ ...options, swap: true }), rows, known(0))).toBeCloseTo(0, 5);
  });
  it("says what swap needs", async () => {
    const loss = tripletMargin({ swap: true });
    await expect(
      handValue(
        loss,
        [[1, 0]],
        [[1, -1]],
        [
          [1, 1],
          [0, 1],
        ],
      ),
    ).rejects.toThrow("`tripletMargin.swap` needs the relations among candidates");
  });
  it("asks how many positives an anchor has where it goes through them", () => {
    expect(tripletMargin().needs).toEqual(["mostSimilar"]);
    expect(tripletMargin({ miner: semiHard() }).needs).toEqual(["mostSimilar"]);
    for (const options of [{ miner: hard() }, { swap: true }, { miner: angularMiner() }])
      expect(tripletMargin(options).needs).not.toContain("mostSimilar");
  });
  it("says which option is wrong", () => {
    expect(() => tripletMargin({ miner: "hard" as never })).toThrow("`tripletMargin.miner` must be a miner, such as hard()");
    expect(() => tripletMargin({ average: "activ" as never })).toThrow('must be one of "active", "every"; received "activ"');
    expect(() => tripletMargin({ margin: -1 })).toThrow("`tripletMargin.margin` must be a finite number of 0 or more");
    expect(() => tripletMargin({ soft: 1 as never })).toThrow("`tripletMargin.soft`");
    expect(() => tripletMargin({ swap: 1 as never })).toThrow("`tripletMargin.swap`");
    expect(() => tripletMargin({ distances: 1 as never })).toThrow("`tripletMargin.distances`");
  });
});
