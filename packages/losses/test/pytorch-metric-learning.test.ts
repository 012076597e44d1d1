import type { ClassLoss, RelationLoss } from "@quaterion/core/training";
import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import * as losses from "../src/index.js";
import { classResult, expectGolden, type GoldenCase, goldenCases, masks, type Rows, relationResult } from "./golden-case.js";

type Given = Record<string, number | boolean | undefined>;
type Distance = { type: string; p: number; power: number; normalize_embeddings: boolean };
type Case = GoldenCase & {
  distance: Distance;
  reducer: { type: string; per_sub_loss?: { pos_loss: { type: string; inner?: { type: string } } } };
};

const all = goldenCases("pytorch-metric-learning.json") as Case[];

/** Why a case has no counterpart among our options. */
function uncovered({ name, distance, reducer }: Case): string | undefined {
  if (/regularizer/.test(name)) return "regularizers are not part of a loss";
  if (distance.type === "SNRDistance" || distance.p !== 2) return "no such distance";
  if (/ThresholdReducer|ClassWeightedReducer|PerAnchorReducer\(R/.test(name) || reducer.type === "ThresholdReducer")
    return "no such reducer";
  return undefined;
}

function distancesOf({ type, power, normalize_embeddings: normalized }: Distance): losses.PairFunction {
  const prepared = (of: losses.PairFunction): losses.PairFunction =>
    normalized ? (a, c) => of(losses.unitVectors(a), losses.unitVectors(c)) : of;
  if (type === "CosineSimilarity") return losses.cosineDistances;
  if (type === "DotProductSimilarity") return prepared((a, c) => tf.neg(losses.dotProducts(a, c)));
  return prepared(power === 2 ? losses.squaredEuclideanDistances : losses.euclideanDistances);
}

const kindReducers: Record<string, () => ReturnType<typeof losses.mean>> = {
  AvgNonZeroReducer: losses.nonZeroMean,
  MeanReducer: losses.mean,
  PerAnchorReducer: losses.perAnchor,
  SumReducer: losses.sum,
};

function relationLoss({ loss_class, options, distance, reducer }: Case): RelationLoss {
  const o = options as Given;
  const similarities: losses.PairFunction = (a, c) => tf.neg(distancesOf(distance)(a, c));
  switch (loss_class) {
    case "SupConLoss":
      return losses.supervisedContrastive({ temperature: o.temperature as number, reducer: losses.nonZeroMean() });
    case "NTXentLoss":
      return losses.nTXent({
        temperature: o.temperature as number,
        ...(distance.type === "LpDistance" && { similarities }),
      });
    case "MultiSimilarityLoss":
      return losses.multiSimilarity({ alpha: o.alpha as number, beta: o.beta as number, base: o.base as number });
    case "CircleLoss":
      return losses.circle({ margin: o.m as number, scale: o.gamma as number, reducer: losses.nonZeroMean() });
    case "TripletMarginLoss":
      return losses.tripletMargin({
        margin: (o.margin as number) ?? 0.05,
        swap: o.swap as boolean,
        soft: o.smooth_loss as boolean,
        distances: distancesOf(distance),
        average: reducer.type === "MeanReducer" ? "every" : "active",
      });
    case "ContrastiveLoss": {
      const inverted = distance.type === "CosineSimilarity"; // margins are similarities there: 1 − s is ours
      const [positive, negative] = [(o.pos_margin as number) ?? 0, (o.neg_margin as number) ?? 1];
      return losses.contrastive({
        squared: false,
        positiveMargin: inverted ? 1 - positive : positive,
        margin: inverted ? 1 - negative : negative,
        distances: distancesOf(distance),
        reducer: losses.meanOfKinds({ each: kindReducers[reducer.per_sub_loss!.pos_loss.type]!() }),
      });
    }
  }
  throw new Error(`no relation loss for ${loss_class}`);
}

function runRelation(golden: Case): { loss: number; grads: Rows[] } {
  const loss = relationLoss(golden);
  const { embeddings, labels, ref_emb, ref_labels, indices_tuple, first_batch_embeddings, first_batch_labels } = golden.inputs;
  const b = embeddings.length;
  if (first_batch_embeddings) {
    // A queue of 18 slots after 12 + 12 rows: the second batch fills slots 12 to 17, then 0 to 5; a row does not meet itself.
    const slots = Array.from({ length: 18 }, (_, slot) => (slot >= 12 ? slot - 12 : slot < 6 ? slot + 6 : undefined));
    const memory = slots.map((row, slot) => (row === undefined ? first_batch_embeddings[slot]! : embeddings[row]!));
    const of = slots.map((row, slot) => (row === undefined ? first_batch_labels![slot]! : labels[row]!));
    return relationResult(loss, [embeddings], (anchors) => ({
      anchors: anchors!,
      candidates: tf.tensor2d(memory),
      ...masks(b, 18, (i, j) => (slots[j] === i ? 0 : labels[i] === of[j] ? 1 : -1)),
    }));
  }
  if (golden.name.includes("symmetric=True")) {
    const both = [...labels, ...labels];
    const { loss: value, grads } = relationResult(loss, [[...embeddings, ...ref_emb!]], (rows) => ({
      anchors: rows!,
      candidates: rows!,
      ...masks(2 * b, 2 * b, (i, j) => (i === j ? 0 : both[i] === both[j] ? 1 : -1)),
    }));
    return { loss: value, grads: [grads[0]!.slice(0, b), grads[0]!.slice(b)] };
  }
  if (ref_emb) {
    const others = ref_labels ?? labels;
    return relationResult(loss, [embeddings, ref_emb], (anchors, candidates) => ({
      anchors: anchors!,
      candidates: candidates!,
      ...masks(b, ref_emb.length, (i, j) => (labels[i] === others[j] ? 1 : -1)),
    }));
  }
  const given = new Map<string, number>();
  if (indices_tuple) {
    const [a1, p, a2, n] =
      indices_tuple.length === 3 ? [indices_tuple[0], indices_tuple[1], indices_tuple[0], indices_tuple[2]] : indices_tuple;
    for (const [i, a] of a1!.entries()) given.set(`${a},${p![i]}`, 1);
    for (const [i, a] of a2!.entries()) given.set(`${a},${n![i]}`, -1);
  }
  const relation = (i: number, j: number) =>
    indices_tuple ? (given.get(`${i},${j}`) ?? 0) : i === j ? 0 : labels[i] === labels[j] ? 1 : -1;
  return relationResult(loss, [embeddings], (rows) => ({ anchors: rows!, candidates: rows!, ...masks(b, b, relation) }));
}

function classLoss({ loss_class, options }: Case): ClassLoss<losses.ClassPrototypes> {
  const o = options as Given;
  const [margin, scale] = [o.margin as number, o.scale as number];
  switch (loss_class) {
    case "ArcFaceLoss":
      return losses.arcFace({ margin: ((margin ?? 28.6) * Math.PI) / 180, scale });
    case "CosFaceLoss":
      return losses.cosFace({ margin, scale });
    case "NormalizedSoftmaxLoss":
      return losses.normalizedSoftmax({ temperature: o.temperature as number });
    case "ProxyAnchorLoss":
      return losses.proxyAnchor({ margin, scale: o.alpha as number });
  }
  throw new Error(`no class loss for ${loss_class}`);
}

const transposed = (rows: Rows): Rows => rows[0]!.map((_, j) => rows.map((row) => row[j]!));
const isClassLoss = (golden: Case) => golden.weights !== undefined && Object.keys(golden.weights).length > 0;

describe("equals pytorch-metric-learning, value and gradient", () => {
  beforeAll(() => useEngine());

  const perAnchor = "ContrastiveLoss/reducer:R.PerAnchorReducer()/mixed";

  it(`${perAnchor}: the mean is over anchors that have such a pair, where the peer divides by all rows`, () => {
    const golden = all.find((one) => one.name === perAnchor)!;
    const { embeddings, labels } = golden.inputs;
    const units = embeddings.map((row) => row.map((x) => x / Math.hypot(...row)));
    const distance = (i: number, j: number) => Math.hypot(...units[i]!.map((x, k) => x - units[j]![k]!));
    const ofKind = (wanted: boolean, cost: (d: number) => number) => {
      const others = labels.map((label, i) =>
        labels.flatMap((other, j) => (i !== j && (label === other) === wanted ? [cost(distance(i, j))] : [])),
      );
      return others.filter((costs) => costs.length > 0).map((costs) => costs.reduce((a, b) => a + b) / costs.length);
    };
    const kinds = [ofKind(true, (d) => d), ofKind(false, (d) => Math.max(0, 1 - d))];
    const over = (divisor: (costs: number[]) => number) =>
      kinds.reduce((sum, costs) => sum + costs.reduce((a, b) => a + b) / divisor(costs), 0);
    expect(over(() => labels.length)).toBeCloseTo(golden.loss, 5);
    expect(runRelation(golden).loss).toBeCloseTo(
      over((costs) => costs.length),
      5,
    );
  });

  for (const golden of all.filter((one) => uncovered(one) === undefined && one.name !== perAnchor)) {
    it(golden.name, () => {
      if (!isClassLoss(golden)) {
        const { embeddings, ref_emb } = golden.grads;
        expectGolden(golden, runRelation(golden), ref_emb ? [embeddings!, ref_emb] : [embeddings!]);
        return;
      }
      const name = Object.keys(golden.weights!)[0]!;
      const [stored, gradient] = [golden.weights![name]!, golden.grads[name]!];
      const [prototypes, ofPrototypes] = name === "proxies" ? [stored, gradient] : [transposed(stored), transposed(gradient)];
      const { embeddings, labels, indices_tuple } = golden.inputs;
      // The peer weights a row by how often it occurs in the triplets and divides by the rows; a mean by weight divides by the weights.
      const counts = indices_tuple && embeddings.map((_, i) => indices_tuple.flat().filter((row) => row === i).length);
      const weights = counts?.map((count) => count / Math.max(...counts));
      const scale = weights ? weights.reduce((a, b) => a + b) / weights.length : 1;
      expectGolden(
        golden,
        classResult(classLoss(golden), embeddings, prototypes, labels, weights),
        [golden.grads.embeddings!, ofPrototypes],
        scale,
      );
    });
  }

  it("leaves out only what our options do not have", () => {
    const reasons: Record<string, number> = {};
    for (const golden of all) {
      const reason = uncovered(golden);
      if (reason) reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    expect(reasons).toEqual({ "regularizers are not part of a loss": 9, "no such distance": 3, "no such reducer": 3 });
  });
});
