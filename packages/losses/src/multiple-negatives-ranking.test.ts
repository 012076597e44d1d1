import type { RelationLoss } from "@quaterion/core/training";
import { lossValue, type PlainRelationBatch, type RelationOracle, relationLossLaws, useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { atDegrees, handValue } from "../test/hand-batch.js";
import { cosine, mean, related, sum } from "../test/plain-math.js";
import { multipleNegativesRanking, type RankingDirection } from "./multiple-negatives-ranking.js";

const scale = 20;
const strength = 3;
type Rows = PlainRelationBatch["relations"];
const between = (a: Rows, c: Rows, i: number, j: number) => scale * cosine(a[i]!, c[j]!);
const logit = ({ anchors, candidates }: PlainRelationBatch, i: number, j: number) => between(anchors, candidates, i, j);
const pairs = (batch: PlainRelationBatch) => batch.anchors.flatMap((_, i) => related(batch, i, 1).map((j) => [i, j] as const));
const share = (own: number, others: number[], times = 1) => Math.log(times * Math.exp(own) + sum(others.map(Math.exp))) - own;
const dissimilarRows = (relations: Rows, j: number) => relations.flatMap((row, i) => (row[j] === -1 ? [i] : []));

/** Logits of what competes with the pair (i, j) in one direction. */
function rivals(batch: PlainRelationBatch, [i, j]: readonly [number, number], direction: RankingDirection): number[] {
  const { anchors, candidates, relations } = batch;
  switch (direction) {
    case "queryToDocument":
      return related(batch, i, -1).map((n) => logit(batch, i, n));
    case "documentToQuery":
      return dissimilarRows(relations, j).map((a) => logit(batch, a, j));
    case "queryToQuery":
      return dissimilarRows(batch.inBatch ? relations : batch.amongAnchors!, i).map((a) => between(anchors, anchors, i, a));
    case "documentToDocument":
      return dissimilarRows(batch.inBatch ? relations : batch.amongCandidates!, j).map((c) => between(candidates, candidates, c, j));
  }
}
const oracleOf =
  (directions: readonly RankingDirection[], joint = true): RelationOracle =>
  (batch) =>
    mean(
      pairs(batch).map((pair) => {
        const each = directions.map((direction) => rivals(batch, pair, direction));
        const own = logit(batch, ...pair);
        return joint
          ? share(own, each.flat(), directions.includes("documentToQuery") ? 2 : 1)
          : mean(each.map((others) => share(own, others)));
      }),
    );
const hardenedOracle: RelationOracle = (batch, _, fixed) =>
  mean(
    pairs(batch).map(([i, j]) =>
      share(
        logit(batch, i, j),
        related(batch, i, -1).map((n) => logit(batch, i, n) + (strength / scale) * logit(fixed, i, n)),
      ),
    ),
  );
/** The same loss told that every negative was given with its anchor. */
const allOwn = (loss: RelationLoss): RelationLoss => ({
  ...loss,
  compute: (batch, parameters) => loss.compute({ ...batch, ownNegatives: batch.dissimilar }, parameters),
});

const three: RankingDirection[] = ["queryToDocument", "queryToQuery", "documentToDocument"];
const four: RankingDirection[] = [...three, "documentToQuery"];
const tried: [string, RelationLoss, RelationOracle][] = [
  ["one way", multipleNegativesRanking(), oracleOf(["queryToDocument"])],
  ["symmetric", multipleNegativesRanking({ symmetric: true }), oracleOf(["queryToDocument", "documentToQuery"], false)],
  [
    "both ways in one sum",
    multipleNegativesRanking({ directions: ["documentToQuery", "queryToDocument"] }),
    oracleOf(["documentToQuery", "queryToDocument"]),
  ],
  [
    "with documents",
    multipleNegativesRanking({ directions: ["queryToDocument", "documentToDocument"] }),
    oracleOf(["queryToDocument", "documentToDocument"]),
  ],
  ["three directions", multipleNegativesRanking({ directions: three }), oracleOf(three)],
  ["four directions", multipleNegativesRanking({ directions: four }), oracleOf(four)],
  ["all hardened", multipleNegativesRanking({ hardness: "all", hardnessStrength: strength }), hardenedOracle],
  ["in-batch hardened, none given", multipleNegativesRanking({ hardness: "inBatch", hardnessStrength: strength }), hardenedOracle],
  [
    "all hardened, per direction",
    multipleNegativesRanking({ hardness: "all", hardnessStrength: strength, partition: "perDirection" }),
    hardenedOracle,
  ],
  ["own hardened, all given", allOwn(multipleNegativesRanking({ hardness: "own", hardnessStrength: strength })), hardenedOracle],
  [
    "in-batch hardened, all given",
    allOwn(multipleNegativesRanking({ hardness: "inBatch", hardnessStrength: strength })),
    oracleOf(["queryToDocument"]),
  ],
];

describe("multipleNegativesRanking", () => {
  for (const [name, loss, oracle] of tried) for (const law of relationLossLaws(loss, { oracle })) it(`${name}: ${law.title}`, law.run);

  it("gives the value worked by hand, with an explicit hard negative", async () => {
    // Anchors at 0° and 90°, candidates at 0°, 90° and, a hard negative of both, 60°; scale 2.
    // Anchor 0: s = 2, 0, 1: log(e² + e⁰ + e¹) − 2 = 2.4076060 − 2. Anchor 1: s = 0, 2, 2 · 0.8660254 = 1.7320508:
    // log(1 + e² + e^1.7320508) − 2 = log(1 + 7.3890561 + 5.6522337) − 2 = 2.6420022 − 2. Mean: (0.4076060 + 0.6420022) / 2.
    const relations = [
      [1, -1, -1],
      [-1, 1, -1],
    ];
    const expected = (Math.log(Math.exp(2) + 1 + Math.exp(1)) - 2 + Math.log(1 + Math.exp(2) + Math.exp(Math.sqrt(3))) - 2) / 2;
    expect(expected).toBeCloseTo(0.5248, 4);
    const value = await handValue(multipleNegativesRanking({ scale: 2 }), atDegrees(0, 90), relations, atDegrees(0, 90, 60));
    expect(value).toBeCloseTo(expected, 6);
  });
  it("counts the pair once for each direction that holds it", async () => {
    // Anchors at 0° and 90° with candidates on the same spots, scale 2. Pair (0, 0): s = 2; its anchor's rival 0, its candidate's rival 0.
    // Joint: log(2e² + 1 + 1) − 2 = log(16.7781122) − 2 = 0.8200752; per direction: log(e² + 1) − 2 = 0.1269280. Pair (1, 1) is the same.
    const relations = [
      [1, -1],
      [-1, 1],
    ];
    const value = (options: object) =>
      handValue(multipleNegativesRanking({ scale: 2, ...options }), atDegrees(0, 90), relations, atDegrees(0, 90));
    const directions: RankingDirection[] = ["queryToDocument", "documentToQuery"];
    expect(await value({ directions })).toBeCloseTo(0.8200752, 6);
    expect(await value({ directions, partition: "perDirection" })).toBeCloseTo(0.126928, 6);
    expect(await value({ symmetric: true })).toBeCloseTo(0.126928, 6);
  });
  it("raises own negatives, the others, or all", async () => {
    await useEngine();
    // Anchor at 0°, candidates at 0° (similar), 60° (its own negative) and 90°; scale 2, strength 4. Logits 2, 1, 0; 60° is raised by 4 · 0.5 = 2,
    // 90° by 4 · 0 = 0. With a candidate at 120° as well, not given as negative: logit −1, raised by 4 · −0.5 = −2.
    const value = (hardness: "own" | "inBatch" | "all") =>
      tf.tidy(() => {
        const batch = {
          anchors: tf.tensor2d(atDegrees(0)),
          candidates: tf.tensor2d(atDegrees(0, 60, 90, 120)),
          similar: tf.tensor2d([[1, 0, 0, 0]]),
          dissimilar: tf.tensor2d([[0, 1, 1, 1]]),
          ownNegatives: tf.tensor2d([[0, 1, 0, 0]]),
        };
        return lossValue(multipleNegativesRanking({ scale: 2, hardness, hardnessStrength: 4 }), batch, {}).dataSync()[0]!;
      });
    expect(value("own")).toBeCloseTo(Math.log(Math.exp(2) + Math.exp(1 + 2) + 1 + Math.exp(-1)) - 2, 5);
    expect(value("inBatch")).toBeCloseTo(Math.log(Math.exp(2) + Math.exp(1) + 1 + Math.exp(-1 - 2)) - 2, 5);
    expect(value("all")).toBeCloseTo(Math.log(Math.exp(2) + Math.exp(1 + 2) + 1 + Math.exp(-1 - 2)) - 2, 5);
  });
  it.each([{}, { directions: ["queryToDocument", "queryToQuery"] as const }])(
    "is the same where it is told that an anchor has one similar candidate: %j",
    async (options) => {
      await useEngine();
      tf.tidy(() => {
        const random = (rows: number, seed: number) => tf.randomNormal<tf.Rank.R2>([rows, 3], 0, 1, "float32", seed);
        const similar = tf.tensor2d([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0], [4, 4]); // the third anchor has none
        const dissimilar = tf.tensor2d([0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1], [4, 4]);
        const amongAnchors = { similar: tf.zeros<tf.Rank.R2>([4, 4]), dissimilar: tf.sub<tf.Tensor2D>(1, tf.eye(4)) };
        const run = (mostSimilar?: number) =>
          tf.valueAndGrads((anchors, candidates) => {
            const sides = { anchors: anchors as tf.Tensor2D, candidates: candidates as tf.Tensor2D };
            return lossValue(multipleNegativesRanking(options), { ...sides, similar, dissimilar, amongAnchors, mostSimilar }, {});
          })([random(4, 1), random(4, 2)]);
        const [untold, told] = [run(), run(1)];
        expect(told.value.dataSync()[0]).toBeCloseTo(untold.value.dataSync()[0]!, 5);
        for (const [i, gradient] of told.grads.entries())
          for (const [at, number] of gradient.dataSync().entries()) expect(number).toBeCloseTo(untold.grads[i]!.dataSync()[at]!, 5);
      });
    },
  );
  it("needs whole batches only where other anchors are among the rivals", () => {
    expect(multipleNegativesRanking()).toMatchObject({ memory: true, wholeBatch: false });
    expect(multipleNegativesRanking({ symmetric: true })).toMatchObject({ memory: false, wholeBatch: true });
    expect(multipleNegativesRanking({ directions: ["queryToDocument", "documentToQuery"] }).wholeBatch).toBe(true);
    expect(multipleNegativesRanking({ directions: ["queryToDocument", "queryToQuery"] }).wholeBatch).toBe(true);
    expect(multipleNegativesRanking({ directions: ["queryToDocument", "documentToDocument"] }).wholeBatch).toBe(false);
  });
  it("asks for the given negatives only where it tells them from others", () => {
    expect(multipleNegativesRanking().needs).toEqual(["mostSimilar"]);
    expect(multipleNegativesRanking({ hardness: "all" }).needs).toEqual(["mostSimilar"]);
    expect(multipleNegativesRanking({ hardness: "own" }).needs).toEqual(["mostSimilar", "ownNegatives"]);
    expect(multipleNegativesRanking({ hardness: "inBatch", symmetric: true }).needs).toEqual(["ownNegatives"]);
  });
  it("keeps its directions with the run", () => {
    expect(multipleNegativesRanking({ directions: ["queryToDocument"] }).config).toMatchObject({ directions: ["queryToDocument"] });
  });
  it("says what a batch does not tell", async () => {
    const value = (options: object) => handValue(multipleNegativesRanking(options), atDegrees(0, 90), [[1], [-1]], atDegrees(0));
    await expect(value({ directions: ["queryToDocument", "queryToQuery"] })).rejects.toThrow(
      '`multipleNegativesRanking.directions "queryToQuery"` needs the relations among anchors; the batch has candidates of their own and no `amongAnchors`.',
    );
    await expect(value({ directions: ["queryToDocument", "documentToDocument"] })).rejects.toThrow("no `amongCandidates`");
    await expect(value({ hardness: "own" })).rejects.toThrow('`multipleNegativesRanking.hardness` "own" needs negatives that were given');
  });
  it("says which option is wrong", () => {
    const made = (options: object) => () => multipleNegativesRanking(options);
    expect(made({ scale: -1 })).toThrow("`multipleNegativesRanking.scale` must be a finite number above 0");
    expect(made({ similarities: "cosine" })).toThrow("`multipleNegativesRanking.similarities` must be a function");
    expect(made({ symmetric: 1 })).toThrow("`multipleNegativesRanking.symmetric` must be true or false");
    expect(made({ directions: "queryToDocument" })).toThrow("`multipleNegativesRanking.directions` must be a list of directions");
    expect(made({ directions: ["queryToDocument", "queryToDoc"] })).toThrow("`multipleNegativesRanking.directions[1]` must be one of");
    expect(made({ directions: ["documentToQuery"] })).toThrow('`multipleNegativesRanking.directions` must have "queryToDocument"');
    expect(made({ partition: "each" })).toThrow("`multipleNegativesRanking.partition` must be one of");
    expect(made({ hardness: "hard" })).toThrow("`multipleNegativesRanking.hardness` must be one of");
    expect(made({ hardnessStrength: -1 })).toThrow("`multipleNegativesRanking.hardnessStrength`");
    expect(made({ symmetric: true, directions: ["queryToDocument"] })).toThrow("not both");
    expect(made({ symmetric: true, partition: "joint" })).toThrow("not both");
    expect(made({ directions: ["queryToDocument", "queryToQuery"], partition: "perDirection" })).toThrow('must be "joint"');
    expect(made({ directions: ["queryToDocument", "documentToDocument"], partition: "perDirection" })).toThrow('must be "joint"');
  });
});
