import "@quaterion/tfjs-backend-onnxruntime/gradients";
import "@tensorflow/tfjs-backend-cpu";
import type { Batch } from "@quaterion/core";
import type { RelationLoss } from "@quaterion/core/training";
import {
  contrastive,
  divisor,
  meanOfKinds,
  mined,
  multiSimilarity,
  multiSimilarityMiner,
  nonZeroMean,
  nTXent,
  tripletMargin,
  tripletMarginMiner,
  unitEuclideanDistances,
} from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { arrayData } from "../test/array-data.js";
import golden from "../test/fixtures/cross-batch-memory.json" with { type: "json" };
import { batchInputs } from "./batch-inputs.js";
import { batchLoss, batchTensors } from "./batch-loss.js";
import { CrossBatchMemory } from "./cross-batch-memory.js";
import { maskNeeds } from "./mask-needs.js";
import { pairMasks } from "./pair-masks.js";
import { withMemory } from "./with-memory.js";

beforeAll(() => tf.setBackend("cpu"));

const dim = 4;
const euclidean = { distances: unitEuclideanDistances };
const lossOf = ({ loss, miner, options }: (typeof golden.cases)[number]): RelationLoss => {
  const { neg_margin: margin = 1, temperature } = options as { neg_margin?: number; temperature?: number };
  if (loss === "ContrastiveLoss")
    return contrastive({ margin, squared: false, ...euclidean, reducer: meanOfKinds({ each: nonZeroMean() }) });
  if (loss === "NTXentLoss") return nTXent({ temperature });
  // The peer counts anchors without a pair too.
  if (loss === "MultiSimilarityLoss") return mined(multiSimilarity({ reducer: divisor(4) }), multiSimilarityMiner());
  return tripletMargin({ margin: 0.2, ...euclidean, ...(miner && { miner: tripletMarginMiner({ margin: 0.2 }) }) });
};

describe("cross-batch memory", () => {
  it.each(golden.cases.map((entry) => [entry.name, entry] as const))(
    "%s: what is kept, losses and gradients are the peer's",
    (_, entry) => {
      const values = entry.steps.flatMap(({ embeddings }) => embeddings);
      const labels = entry.steps.flatMap((step) => step.labels.map((label) => `a/${label}`));
      const data = arrayData(values, labels);
      const loss = lossOf(entry);
      // The peer counts the batch itself as a part of the memory.
      const batch = entry.steps[0]!.labels.length;
      const earlier = new CrossBatchMemory(Math.max(1, entry.size - batch), dim, data);
      const queue = new CrossBatchMemory(entry.size, dim, data);
      for (const [step, { embeddings, loss: expected, grad, labelMemory, embeddingMemory, atMostOnePair }] of entry.steps.entries()) {
        const drawn: Batch = { rows: Uint32Array.from({ length: batch }, (_, i) => step * batch + i), space: "a" };
        const flat = Float32Array.from(embeddings.flat());
        const plain = batchInputs(drawn, data, Float32Array.from(values.flat()), dim, "relations");
        const inputs = entry.size > batch ? withMemory(plain, drawn, data, earlier.block(drawn), maskNeeds(loss, dim)) : plain;
        const compare = () => {
          const tensors = batchTensors(inputs);
          const vectors = tensors.vectors!;
          const value = batchLoss(loss, tensors, vectors, new Map()).value.dataSync()[0]!;
          expect(value, `step ${step}`).toBeCloseTo(expected, 5);
          // The peer's gradient is that of the anchors; the batch's own copies among the candidates are constants to it.
          const candidates = tensors.memory ? tf.concat([vectors, tensors.memory]) : tf.clone(vectors);
          const gradient = tf.grad((anchors) => {
            const among = (relations: tf.Tensor2D | undefined) => relations && pairMasks(relations);
            const masks = {
              ...pairMasks(tensors.relations!),
              amongAnchors: among(tensors.amongAnchors),
              amongCandidates: among(tensors.amongCandidates),
            };
            const terms = loss.compute({ anchors: anchors as tf.Tensor2D, candidates, ...masks }, {});
            return ratioSum(loss, terms);
          })(vectors);
          for (const [i, each] of grad.flat().entries())
            expect(gradient.dataSync()[i], `gradient ${i} of step ${step}`).toBeCloseTo(each, 4);
        };
        // The peer's loss is 0 by an early return where neither kind has more than one pair.
        if (!atMostOnePair) tf.tidy(compare);
        earlier.add(drawn, flat);
        queue.add(drawn, flat);
        const kept = queue.snapshot().queues["a"]!;
        expect(kept.rows.map((row) => Number(labels[row]!.slice(2)))).toEqual(labelMemory);
        const filled = [...kept.vectors.values.subarray(0, labelMemory.length * dim)];
        expect(filled).toEqual([...Float32Array.from(embeddingMemory.flat())]);
      }
    },
  );

  const two = arrayData(
    Array.from({ length: 12 }, (_, i) => [i, 1]),
    Array.from({ length: 12 }, (_, i) => `${i < 6 ? "a" : "b"}/${i % 3}`),
  );
  const rowsOf = (...rows: number[]) => Uint32Array.from(rows);
  const vectorsOf = (rows: Uint32Array) => Float32Array.from([...rows].flatMap((row) => two.values[row]!));

  it("keeps a queue for each label space, and compares a batch of one space with that alone", () => {
    const memory = new CrossBatchMemory(3, 2, two);
    for (const [space, rows] of [["a", rowsOf(0, 1, 2, 3)] as const, ["b", rowsOf(6, 7)] as const])
      memory.add({ rows, space }, vectorsOf(rows));
    expect(memory.block({ rows: rowsOf(4), space: "a" })).toEqual({
      rows: rowsOf(3, 1, 2),
      slots: rowsOf(0, 1, 2),
      vectors: Float32Array.of(3, 1, 1, 1, 2, 1),
      dim: 2,
    });
    expect(memory.block({ rows: rowsOf(8), space: "b" }).rows).toEqual(rowsOf(6, 7));
    const mixed = memory.block({ rows: rowsOf(4, 8) });
    expect([mixed.rows, mixed.slots]).toEqual([rowsOf(3, 1, 2, 6, 7), rowsOf(0, 1, 2, 3, 4)]);
    memory.add({ rows: rowsOf(5, 9) }, vectorsOf(rowsOf(5, 9)));
    expect(memory.block({ rows: rowsOf(4) }).rows).toEqual(rowsOf(3, 5, 2, 6, 7, 9));
  });

  it("relates a batch to what is kept as the same rows of one batch are related: unknown stays unknown, a sample is itself", () => {
    const memory = new CrossBatchMemory(4, 2, two);
    const kept = rowsOf(0, 3, 6);
    memory.add({ rows: kept }, vectorsOf(kept));
    const needs = { amongAnchors: true, amongCandidates: true };
    for (const unknown of ["unknown", "dissimilar"] as const) {
      const batch: Batch = { rows: rowsOf(0, 1, 7), unknown };
      const plain = batchInputs(batch, two, Float32Array.from(two.values.flat()), 2, "relations");
      const { relations, amongAnchors, amongCandidates } = withMemory(plain, batch, two, memory.block(batch), needs);
      const other = unknown === "dissimilar" ? -1 : 0;
      // Columns: the batch (0, 1, 7), then slots of a (rows 0 and 3, two empty) and of b (row 6, three empty).
      expect([0, 1, 2].map((i) => [...relations!.subarray(i * 11, i * 11 + 11)])).toEqual([
        [0, -1, other, 0, 1, 0, 0, other, 0, 0, 0],
        [-1, 0, other, -1, -1, 0, 0, other, 0, 0, 0],
        [other, other, 0, other, other, 0, 0, -1, 0, 0, 0],
      ]);
      expect(amongAnchors).toEqual(plain.relations);
      // Row 1 of the candidates is row 1 of the batch; row 4 is slot 1 of a.
      expect([...amongCandidates!.subarray(11, 22)]).toEqual([-1, 0, other, -1, -1, 0, 0, other, 0, 0, 0]);
      expect([...amongCandidates!.subarray(44, 55)]).toEqual([1, -1, other, 1, 0, 0, 0, other, 0, 0, 0]);
      expect([...amongCandidates!.subarray(55, 66)]).toEqual(Array.from({ length: 11 }, () => 0));
    }
  });

  it("counts similar candidates in the memory too, for losses that ask how many an anchor has", () => {
    const memory = new CrossBatchMemory(4, 2, two);
    const kept = rowsOf(3, 4, 5);
    memory.add({ rows: kept }, vectorsOf(kept));
    const batch: Batch = { rows: rowsOf(...two.values.keys()) };
    const plain = batchInputs(batch, two, Float32Array.from(two.values.flat()), 2, "relations", { mostSimilar: true });
    const { relations, mostSimilar } = withMemory(plain, batch, two, memory.block(batch), { amongAnchors: false, amongCandidates: false });
    const width = relations!.length / batch.rows.length;
    const counts = [...batch.rows.keys()].map(
      (i) => relations!.subarray(i * width, (i + 1) * width).filter((relation) => relation === 1).length,
    );
    expect(Math.max(...counts)).toBeGreaterThan(plain.mostSimilar!);
    expect(mostSimilar).toBeGreaterThanOrEqual(Math.max(...counts));
  });

  it("keeps the partners of given pairs, where they are the candidates", () => {
    const memory = new CrossBatchMemory(4, 2, { ...two, spaces: [] });
    const [rows, candidates] = [rowsOf(0, 1), rowsOf(6, 7)];
    memory.add({ rows, candidates }, Float32Array.from([...vectorsOf(rows), ...vectorsOf(candidates)]));
    const { rows: kept, vectors } = memory.block({ rows, candidates });
    expect([kept, vectors.slice(0, 4)]).toEqual([candidates, vectorsOf(candidates)]);
  });

  it("goes on from a snapshot, and refuses one of another shape", () => {
    const memory = new CrossBatchMemory(3, 2, two);
    memory.add({ rows: rowsOf(0, 1, 2, 3), space: "a" }, vectorsOf(rowsOf(0, 1, 2, 3)));
    const again = new CrossBatchMemory(3, 2, two);
    again.restore(memory.snapshot());
    for (const each of [memory, again]) each.add({ rows: rowsOf(4), space: "a" }, vectorsOf(rowsOf(4)));
    expect(again.snapshot()).toEqual(memory.snapshot());
    expect(() => new CrossBatchMemory(4, 2, two).restore(memory.snapshot())).toThrow(
      'expected 4 embeddings of 2 numbers for the label space "a"; received [3,2]',
    );
  });
});

it("a loss is asked which masks within the sides it reads", () => {
  expect(maskNeeds(contrastive(), 3)).toEqual({ amongAnchors: false, amongCandidates: false });
  expect(maskNeeds(tripletMargin({ swap: true }), 3)).toEqual({ amongAnchors: false, amongCandidates: true });
});

function ratioSum(loss: RelationLoss, { terms, counted = tf.ones(terms.shape), kinds }: ReturnType<RelationLoss["compute"]>): tf.Scalar {
  const ratios = loss.reducer?.reduce(terms, counted, kinds) ?? [{ total: tf.sum(tf.mul(terms, counted)), count: tf.sum(counted) }];
  return ratios.map(({ total, count }) => tf.div(total, tf.maximum(count, 1e-12)) as tf.Scalar).reduce((a, b) => tf.add(a, b));
}
