import type { PlainClassBatch, PlainRelationBatch } from "@quaterion/testing";

// Float64 loops that oracles are written with.
type Row = readonly number[];

export const dot = (a: Row, b: Row) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
export const cosine = (a: Row, b: Row) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
export const euclidean = (a: Row, b: Row) => Math.hypot(...a.map((x, k) => x - b[k]!));
/** The distance of two vectors after both are scaled to length 1. */
export const unitEuclidean = (a: Row, b: Row) => Math.sqrt(Math.max(0, 2 - 2 * cosine(a, b)));
export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
export const relu = (x: number) => Math.max(0, x);
export const softplus = (x: number) => (x > 30 ? x : Math.log1p(Math.exp(x)));
export const sum = (values: Row) => values.reduce((total, x) => total + x, 0);
export const mean = (values: Row) => (values.length === 0 ? 0 : sum(values) / values.length);

/** Numbers of the candidates that are so related to anchor i. */
export function related({ relations }: PlainRelationBatch, i: number, relation: number): number[] {
  return relations[i]!.flatMap((one, j) => (one === relation ? [j] : []));
}

/** Numbers of the candidates that candidate j is so related to. */
export function relatedCandidates({ relations, amongCandidates = relations }: PlainRelationBatch, j: number, relation: number): number[] {
  return amongCandidates[j]!.flatMap((one, l) => (one === relation ? [l] : []));
}

/** The mean over anchors of what `of` gives; an anchor for which it gives undefined takes no part. */
export function meanOverAnchors(batch: PlainRelationBatch, of: (i: number) => number | undefined): number {
  return mean(batch.anchors.flatMap((_, i) => of(i) ?? []));
}

/** Mean cross entropy of rows of logits. */
export function meanCrossEntropy({ embeddings, classes }: PlainClassBatch, logits: (i: number) => number[]): number {
  return mean(embeddings.map((_, i) => Math.log(sum(logits(i).map(Math.exp))) - logits(i)[classes[i]!]!));
}

/** The pieces of cos(margin · θ), turned and shifted so that they fall from θ = 0 to π, by the angle itself. */
export function fallingCosine(cos: number, margin: number): number {
  const angle = Math.acos(Math.min(1, Math.max(-1, cos)));
  const k = Math.min(margin - 1, Math.floor((angle * margin) / Math.PI));
  return (-1) ** k * Math.cos(margin * angle) - 2 * k;
}

/** The mean of what `of` gives for each two of a list. */
export function meanOfTwos<T>(items: readonly T[], of: (a: T, b: T) => number): number {
  return mean(items.flatMap((a, i) => items.slice(i + 1).map((b) => of(a, b))));
}
