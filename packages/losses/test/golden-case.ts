import { readFileSync } from "node:fs";
import type { ClassBatch, ClassLoss, RelationBatch, RelationLoss } from "@quaterion/core/training";
import { lossValue } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

export type Rows = number[][];

/** One case of a peer's file, as it is stored. */
export interface GoldenCase {
  readonly name: string;
  readonly loss_class: string;
  readonly options: Readonly<Record<string, number | string | boolean>>;
  readonly inputs: {
    readonly embeddings: Rows;
    readonly labels: number[];
    readonly ref_emb?: Rows;
    readonly ref_labels?: number[];
    readonly indices_tuple?: number[][];
    readonly first_batch_embeddings?: Rows;
    readonly first_batch_labels?: number[];
    readonly columns: Rows[];
  };
  readonly weights?: Readonly<Record<string, Rows>>;
  readonly loss: number;
  readonly grads: Readonly<Record<string, Rows>> & { readonly columns?: Rows[] };
  readonly f32?: { readonly loss: number; readonly grad_max_abs_diff?: number };
  readonly nonfinite?: boolean;
}

export function goldenCases(file: string): GoldenCase[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/${file}`, import.meta.url), "utf8")).cases;
}

/** Masks made from a rule on row and column numbers. */
export function masks(rows: number, columns: number, relation: (i: number, j: number) => number) {
  const of = (wanted: number) =>
    tf.tensor2d(
      Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => (relation(i, j) === wanted ? 1 : 0))),
      [rows, columns],
    );
  return { similar: of(1), dissimilar: of(-1) };
}

/** Value and gradients of a relation loss over matrices that `batch` arranges. */
export function relationResult(loss: RelationLoss, inputs: Rows[], batch: (...tensors: tf.Tensor2D[]) => RelationBatch) {
  return result(inputs, (tensors) => lossValue(loss, batch(...tensors), {}));
}

/** Value and gradients of a class loss, with respect to embeddings and prototypes. */
export function classResult(
  loss: ClassLoss<{ prototypes: tf.Tensor }>,
  embeddings: Rows,
  prototypes: Rows,
  labels: number[],
  weights?: number[],
) {
  return result([embeddings, prototypes], ([e, p]) => {
    const batch: ClassBatch = { embeddings: e!, classes: tf.tensor1d(labels, "int32"), weights: weights && tf.tensor1d(weights) };
    return lossValue(loss, batch, { prototypes: p! });
  });
}

function result(inputs: Rows[], value: (tensors: tf.Tensor2D[]) => tf.Scalar) {
  return tf.tidy(() => {
    const tensors = inputs.map((rows) => tf.tensor2d(rows));
    const { value: loss, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => value(given as tf.Tensor2D[]))(tensors);
    return { loss: loss.dataSync()[0]!, grads: grads.map((gradient) => gradient.arraySync() as Rows) };
  });
}

/** Relative 1e-5, or four times what the peer's own float32 strays. */
export function expectGolden(golden: GoldenCase, actual: { loss: number; grads: Rows[] }, grads: Rows[], scale = 1): void {
  const { f32 } = golden;
  const scatter = Math.abs((f32?.loss ?? golden.loss) - golden.loss);
  const close = Math.max(1e-5 * Math.abs(golden.loss), 4 * scatter, 1e-9);
  expect(Math.abs(actual.loss * scale - golden.loss), `loss ${actual.loss * scale}, expected ${golden.loss}`).toBeLessThanOrEqual(close);
  const largest = Math.max(...grads.flat(2).map(Math.abs), 1e-3);
  const tolerance = Math.max(1e-5 * largest, 4 * (f32?.grad_max_abs_diff ?? 0));
  grads.forEach((rows, k) => {
    rows.forEach((row, i) => {
      row.forEach((expected, j) => {
        const difference = Math.abs(actual.grads[k]![i]![j]! * scale - expected);
        expect(difference, `gradient ${k} at [${i}, ${j}]: ${actual.grads[k]![i]![j]! * scale}, expected ${expected}`).toBeLessThanOrEqual(
          tolerance,
        );
      });
    });
  });
}
