import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import type { Loss, RelationBatch, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { arrayData } from "../test/array-data.js";
import { pullAndPush, softmax, softmaxOfPairs, squaredCosineError, squaredLeadError, squaredTeacherDistance } from "../test/losses.js";
import { batchInputs, structureOf } from "./batch-inputs.js";
import { batchLoss, batchTensors } from "./batch-loss.js";

beforeAll(() => tf.setBackend("cpu"));

const rows = Uint32Array.of(0, 1, 2, 3);
const points = [
  [1, 0],
  [0.6, 0.8],
  [0, 1],
  [-1, 0],
] as const;
const vectors = Float32Array.from(points.flat());
const data = arrayData(points, ["a/x", "a/x", "a/y", "b/x"]);
const none = new Map();

function lossOf(loss: Loss, inputs: Parameters<typeof batchTensors>[0], parameters: Parameters<typeof batchLoss>[3] = none): number {
  return tf.tidy(() => {
    const batch = batchTensors(inputs);
    return batchLoss(loss, batch, batch.vectors!, parameters).value.dataSync()[0]!;
  });
}

describe("batchLoss", () => {
  it("is the mean of the terms that count", () => {
    // Squared distances: 0–1: 2 − 2·0.6 = 0.8 similar; 0–2: 2, 1–2: 2 − 2·0.8 = 0.4 dissimilar; row 3 is of another space, so unknown.
    // Terms, each twice: 0.4, 0, ½ (1 − 0.4) = 0.3; six count: 2 · 0.7 / 6.
    expect(lossOf(pullAndPush, batchInputs({ rows }, data, vectors, 2, "relations"))).toBeCloseTo(1.4 / 6, 6);
  });

  it("counts an anchor by its weight, and the whole by the mean weight", () => {
    const weighing: Loss = {
      ...pullAndPush,
      compute(batch: RelationBatch, parameters) {
        const { terms, counted } = (pullAndPush as RelationLoss).compute(batch, parameters);
        const column = tf.expandDims(batch.weights!, 1);
        return { terms, counted: tf.mul(counted!, column) };
      },
    } as RelationLoss;
    const weighed = { ...data, weights: Float32Array.of(3, 1, 2, 2) };
    const inputs = batchInputs({ rows }, weighed, vectors, 2, "relations");
    // Terms of row 0: 0.4 and 0; row 1: 0.4 and 0.3; row 2: 0 and 0.3. (3 · 0.4 + 0.7 + 2 · 0.3) / (3 · 2 + 2 + 2 · 2), times the mean weight, 2.
    expect(lossOf(weighing, inputs)).toBeCloseTo((2.5 / 12) * 2, 6);
    // A loss that knows of no weights counts by the mean.
    expect(lossOf(pullAndPush, inputs)).toBeCloseTo((1.4 / 6) * 2, 6);
    const classes = batchInputs(
      { rows: Uint32Array.of(0, 2), space: "a" },
      { ...data, weights: Float32Array.of(2, 9, 2, 9) },
      vectors,
      2,
      "classes",
    );
    const plain = batchInputs({ rows: Uint32Array.of(0, 2), space: "a" }, data, vectors, 2, "classes");
    const parameters = new Map([["a", { kernel: tf.tensor2d([1, 0, 0, 1], [2, 2]) }]]);
    expect(lossOf(softmax, classes, parameters)).toBeCloseTo(2 * lossOf(softmax, plain, parameters), 6);
  });

  it("takes unknown pairs of two spaces as dissimilar where the batch says so", () => {
    // Row 3 adds dissimilar pairs at squared distances 4, 3.2 and 2, all beyond the margin: the same sum over 12.
    expect(lossOf(pullAndPush, batchInputs({ rows, unknown: "dissimilar" }, data, vectors, 2, "relations"))).toBeCloseTo(1.4 / 12, 6);
  });

  it("is 0, with a gradient of 0, where nothing counts", () => {
    const inputs = batchInputs({ rows: Uint32Array.of(0, 3) }, data, vectors, 2, "relations");
    expect(lossOf(pullAndPush, inputs)).toBe(0);
    const gradient = tf.tidy(() => {
      const batch = batchTensors(inputs);
      return [
        ...tf
          .grad((x) => batchLoss(pullAndPush, batch, x as tf.Tensor2D, none).value)(batch.vectors!)
          .dataSync(),
      ];
    });
    expect(gradient.map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it("adds the ratios of a reducer", () => {
    const halves = {
      name: "halves",
      reduce: (terms: tf.Tensor, counted: tf.Tensor) => [
        { total: tf.sum(tf.mul(terms, counted)) as tf.Scalar, count: tf.sum(counted) as tf.Scalar },
        { total: tf.scalar(3), count: tf.scalar(0.5) },
        { total: tf.scalar(0), count: tf.scalar(0) },
      ],
    };
    expect(lossOf({ ...pullAndPush, reducer: halves }, batchInputs({ rows }, data, vectors, 2, "relations"))).toBeCloseTo(1.4 / 6 + 6, 5);
  });

  it("reads rows against candidates, with the masks within each side", () => {
    let seen: RelationBatch | undefined;
    const shapes: Record<string, number[]> = {};
    const watching: RelationLoss = {
      ...pullAndPush,
      compute(batch, parameters) {
        seen = batch;
        shapes["similar"] = [...batch.similar.dataSync()];
        shapes["anchors"] = [...batch.amongAnchors!.similar.dataSync()];
        shapes["candidates"] = [...batch.amongCandidates!.dissimilar.dataSync()];
        return pullAndPush.compute(batch, parameters);
      },
    };
    // Row 0 against 1 (similar, ½ · 0.8 = 0.4), 2 (dissimilar, far: 0) and itself (takes no part); row 1 against 0, 2: 0.4 and 0.3.
    const batch = { rows: Uint32Array.of(0, 1), candidates: Uint32Array.of(1, 2, 0) };
    expect(lossOf(watching, batchInputs(batch, data, vectors, 2, "relations"))).toBeCloseTo(1.1 / 4, 6);
    expect([seen!.anchors.shape, seen!.candidates.shape]).toEqual([
      [2, 2],
      [3, 2],
    ]);
    expect(shapes).toEqual({ similar: [1, 0, 0, 0, 0, 1], anchors: [0, 1, 1, 0], candidates: [0, 1, 0, 1, 0, 1, 0, 1, 0] });
  });

  it("gives each label space its own class vectors, and each row a voice in the space it has a label of", () => {
    const kernel = (values: number[][]) => ({ kernel: tf.tensor2d(values) });
    const parameters = new Map([
      [
        "a",
        kernel([
          [1, 0],
          [0, 1],
        ]),
      ],
      [
        "b",
        kernel([
          [2, 0],
          [0, 1],
        ]),
      ],
    ]);
    // Logits 10·x·kernel. Space a: rows (1, 0) of class 0, (0.6, 0.8) of 0, (0, 1) of 1; space b: row (−1, 0) of class 0. Mean over four rows.
    const term = (own: number, other: number) => Math.log(1 + Math.exp(10 * (other - own)));
    const inA = term(1, 0) + term(0.6, 0.8) + term(1, 0);
    expect(lossOf(softmax as Loss, batchInputs({ rows }, data, vectors, 2, "classes"), parameters)).toBeCloseTo((inA + term(-2, 0)) / 4, 5);
    const alone = batchInputs({ rows: rows.subarray(0, 3), space: "a" }, data, vectors, 2, "classes");
    expect(alone.classes).toEqual([{ space: "a", classes: Int32Array.of(0, 0, 1) }]);
    expect(lossOf(softmax as Loss, alone, parameters)).toBeCloseTo(inA / 3, 5);
  });

  it("reads scores of row i and candidate i", () => {
    const batch = { rows: Uint32Array.of(0, 1), candidates: Uint32Array.of(1, 2), scores: Float32Array.of(1, 0) };
    // (0.6 − 1)² and 0.8²
    expect(lossOf(squaredCosineError, batchInputs(batch, data, vectors, 2, "scores"))).toBeCloseTo((0.16 + 0.64) / 2, 6);
  });

  it("reads a teacher's scores of each partner", () => {
    const batch = {
      rows: Uint32Array.of(0, 1),
      candidates: Uint32Array.of(1, 2, 3, 0), // first partners 1 and 2, second ones 3 and 0
      teacherScores: Float32Array.of(1, 2, 0.5, 0.2),
    };
    // Row 0: lead 0.6 − −1 = 1.6, teacher's 1 − 0.5; row 1: 0.8 − 0.6 = 0.2, teacher's 2 − 0.2: (1.1² + 1.6²) / 2.
    expect(lossOf(squaredLeadError, batchInputs(batch, data, vectors, 2, "scores"))).toBeCloseTo((1.21 + 2.56) / 2, 5);
  });

  it("reads the classes of pairs", () => {
    const batch = { rows: Uint32Array.of(0, 1), candidates: Uint32Array.of(1, 2), pairClasses: Int32Array.of(1, 0) };
    const kernel = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    // Products (0.6, 0) and (0, 0.8), logits (6, 0) and (0, 8), classes 1 and 0.
    const expected = (Math.log1p(Math.exp(6)) + Math.log1p(Math.exp(8))) / 2;
    const parameters = new Map([["", { kernel }]]);
    expect(lossOf(softmaxOfPairs, batchInputs(batch, data, vectors, 2, "scores"), parameters)).toBeCloseTo(expected, 5);
  });

  it("gives a teacher's vectors of both rows; a row without a partner is a pair of itself", () => {
    const guide = { vectors: Float32Array.of(0, 0, 0, 0, 0, 3, 0, 0), dim: 2 };
    const pair = { rows: Uint32Array.of(0), candidates: Uint32Array.of(2) };
    // |(1, 0)|² + |(0, 1) − (0, 3)|²
    expect(lossOf(squaredTeacherDistance, batchInputs(pair, data, vectors, 2, "scores", { guide }))).toBeCloseTo(1 + 4, 5);
    const alone = { rows: Uint32Array.of(2, 0) };
    expect(lossOf(squaredTeacherDistance, batchInputs(alone, data, vectors, 2, "scores", { guide }))).toBeCloseTo((8 + 2) / 2, 5);
  });

  it("shows a relation loss the guide's vectors, and which negatives were given", () => {
    const seen: unknown[] = [];
    const looking: RelationLoss = {
      ...pullAndPush,
      compute(batch) {
        seen.push(
          [batch.guide, batch.ownNegatives].map(
            (given) => given && JSON.stringify(given, (_, x) => (x instanceof tf.Tensor ? x.arraySync() : x)),
          ),
        );
        return pullAndPush.compute(batch, {});
      },
    };
    const guide = { vectors: Float32Array.of(5, 6, 7, 8), dim: 1 };
    const batch = { rows: Uint32Array.of(0, 3), candidates: Uint32Array.of(1, 2), unknown: "dissimilar" as const };
    lossOf(looking, batchInputs(batch, data, vectors, 2, "relations", { guide, ownNegatives: true }));
    lossOf(looking, batchInputs({ rows: Uint32Array.of(0, 2) }, data, vectors, 2, "relations", { guide, ownNegatives: true }));
    lossOf(looking, batchInputs(batch, data, vectors, 2, "relations"));
    expect(seen).toEqual([
      // Row 0 was told to be dissimilar to 2; that row 3 of another space is, was only assumed.
      ['{"anchors":[[5],[8]],"candidates":[[6],[7]]}', "[[0,1],[0,0]]"],
      ['{"anchors":[[5],[7]],"candidates":[[5],[7]]}', "[[0,0],[0,0]]"],
      [undefined, undefined],
    ]);
  });

  it("tells a relation loss how many similar candidates an anchor has at most: a power of two, another one being another program", () => {
    const seen: unknown[] = [];
    const looking: RelationLoss = {
      ...pullAndPush,
      compute(batch) {
        seen.push(batch.mostSimilar);
        return pullAndPush.compute(batch, {});
      },
    };
    // Rows 0 to 3 are of one label, 4 and 5 of another: at most three others.
    const labels = ["a/x", "a/x", "a/x", "a/x", "a/y", "a/y"];
    const many = arrayData(
      labels.map((_, i) => [i, 1] as const),
      labels,
    );
    const inputs = (...which: number[]) =>
      batchInputs({ rows: Uint32Array.from(which) }, many, Float32Array.from(many.values.flat()), 2, "relations", { mostSimilar: true });
    const told = [inputs(0, 1, 2, 3, 4), inputs(0, 1, 2, 4, 5), inputs(0, 1, 4, 5, 2), inputs(0, 4), inputs(0, 1, 2)];
    for (const each of told) lossOf(looking, each);
    expect(seen).toEqual([4, 2, 2, 1, 2]);
    const three = { rows: Uint32Array.of(0), candidates: Uint32Array.of(1, 2, 3) };
    expect(batchInputs(three, many, Float32Array.from(many.values.flat()), 2, "relations", { mostSimilar: true }).mostSimilar).toBe(3);
    expect(structureOf(told[1]!)).toBe(structureOf(told[2]!));
    expect(structureOf(told[0]!)).not.toBe(structureOf(told[1]!));
    lossOf(looking, batchInputs({ rows: Uint32Array.of(0, 1) }, many, Float32Array.from(many.values.flat()), 2, "relations"));
    expect(seen.at(-1)).toBe(undefined);
  });

  it("reads two views of each record", () => {
    const distance: Loss = {
      contract: 1,
      name: "distance",
      reads: "views",
      memory: false,
      compute: ({ views: [one, two] }) => ({ terms: tf.sum(tf.square(tf.sub(one!, two!)), 1) }),
    };
    const batch = { rows: Uint32Array.of(0, 1), candidates: Uint32Array.of(1, 2) };
    expect(lossOf(distance, batchInputs(batch, data, vectors, 2, "views"))).toBeCloseTo((0.8 + 0.4) / 2, 6);
  });

  it("adds up the parts of a sum over label spaces, as it does the sum", () => {
    // Per space: the rows' first coordinates over their number, and the space's one learned number over one.
    const sumOfTwo: Loss = {
      contract: 1,
      name: "sum of two",
      reads: "classes",
      memory: false,
      reducer: {
        name: "both",
        reduce: (terms, counted) =>
          [0, 1].map((i) => ({ total: tf.squeeze(tf.slice(terms, i, 1)), count: tf.squeeze(tf.slice(counted, i, 1)) })),
      },
      compute({ embeddings }, { own }) {
        const first = { total: tf.sum<tf.Scalar>(tf.slice(embeddings, [0, 0], [-1, 1])), count: tf.scalar(embeddings.shape[0]) };
        const learned = { total: own as tf.Scalar, count: tf.scalar(1) };
        const terms = tf.stack([first.total, learned.total]);
        return { terms, counted: tf.stack([first.count, learned.count]), parts: { first: [first], learned: [learned] } };
      },
    };
    const parameters = new Map([
      ["a", { own: tf.scalar(2) }],
      ["b", { own: tf.scalar(5) }],
    ]);
    const [value, first, learned] = tf.tidy(() => {
      const batch = batchTensors(batchInputs({ rows }, data, vectors, 2, "classes"));
      const { value, parts } = batchLoss(sumOfTwo, batch, batch.vectors!, parameters);
      return [value, parts["first"]!, parts["learned"]!].map((one) => one.dataSync()[0]!);
    });
    // (1 + 0.6 + 0 − 1) / 4 = 0.15 and (2 + 5) / 2 = 3.5.
    expect(first).toBeCloseTo(0.15, 6);
    expect(learned).toBeCloseTo(3.5, 6);
    expect(value).toBeCloseTo(3.65, 6);
  });
});
