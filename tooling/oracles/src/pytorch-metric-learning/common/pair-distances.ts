import {
  cosineDistances,
  dotProducts,
  lpDistances,
  type PairFunction,
  signalToNoiseDistances,
  squaredEuclideanDistances,
  unitVectors,
} from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { GoldenDistance } from "../../golden-case.js";
import { Uncovered } from "../../mapping.js";

/** The distances that the peer attached, lower being nearer: a similarity s is 1 − s (cosine) or −s (dot product) here. */
export function pairDistances({ type, p, power, normalize_embeddings: normalized }: GoldenDistance): PairFunction {
  const prepared = (of: PairFunction): PairFunction => (normalized ? onUnitVectors(of, p) : of);
  if (type === "CosineSimilarity") return cosineDistances;
  if (type === "DotProductSimilarity") return prepared((a, c) => tf.neg(dotProducts(a, c)));
  if (type === "SNRDistance") return prepared(signalToNoiseDistances);
  if (type === "LpDistance" && p === 2 && power === 2) return prepared(squaredEuclideanDistances);
  if (type === "LpDistance" && power === 1) return prepared(lpDistances(p));
  if (type === "LpDistance") return prepared((a, c) => tf.pow(lpDistances(p)(a, c), power));
  throw new Uncovered(`distance ${type} with p ${p}, power ${power}`);
}

/** The similarities that the peer attached, higher being nearer; a distance d is −d here. */
export function pairSimilarities(distance: GoldenDistance): PairFunction {
  const distances = pairDistances(distance);
  return distance.type === "CosineSimilarity" ? (a, c) => tf.sub(1, distances(a, c)) : (a, c) => tf.neg(distances(a, c));
}

/** A margin among the peer's distances or similarities, as a margin among our distances. */
export function distanceMargin({ type }: GoldenDistance, margin: number): number {
  if (type === "CosineSimilarity") return 1 - margin;
  return type === "DotProductSimilarity" ? -margin : margin;
}

/** Rows of length 1 first, by the norm that the peer measures with. Where both sides are one tensor they stay one. */
function onUnitVectors(of: PairFunction, p: number): PairFunction {
  const unit = (rows: tf.Tensor2D): tf.Tensor2D =>
    p === 2 ? unitVectors(rows) : tf.div(rows, lpDistances(p)(rows, tf.zeros([1, rows.shape[1]])));
  return (anchors, candidates) => {
    const units = unit(anchors);
    return of(units, candidates === anchors ? units : unit(candidates));
  };
}
