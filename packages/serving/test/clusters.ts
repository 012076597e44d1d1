import { Random } from "@quaterion/core";
import type { RuleReferences } from "../src/rules/decision-rule.js";
import { unitRows } from "../src/unit-rows.js";

/** Unit vectors about `classCount` centres: `perClass` of each, the larger `noise` the more mixed. */
export function clusters(seed: number, { classCount = 4, perClass = 8, dim = 6, noise = 0.6 } = {}): RuleReferences {
  const random = new Random(seed);
  const centers = Float32Array.from({ length: classCount * dim }, () => random.normal());
  const vectors = new Float32Array(classCount * perClass * dim);
  const classes = Int32Array.from({ length: classCount * perClass }, (_, i) => i % classCount);
  for (let i = 0; i < vectors.length; i++) {
    vectors[i] = centers[classes[Math.floor(i / dim)]! * dim + (i % dim)]! + noise * random.normal();
  }
  return { vectors: unitRows(vectors, dim, "vectors"), dim, classes, classCount };
}

/** The same vectors in `width` dimensions: zeros follow. */
export function paddedTo<Vectors extends Pick<RuleReferences, "vectors" | "dim">>(width: number, given: Vectors): Vectors {
  const { vectors, dim } = given;
  const padded = new Float32Array((vectors.length / dim) * width);
  for (let i = 0; i < vectors.length; i++) padded[Math.floor(i / dim) * width + (i % dim)] = vectors[i]!;
  return { ...given, vectors: padded, dim: width };
}

export function row(matrix: Float32Array, dim: number, i: number): Float32Array {
  return matrix.subarray(i * dim, (i + 1) * dim);
}

export function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, k) => sum + x * b[k]!, 0);
}
