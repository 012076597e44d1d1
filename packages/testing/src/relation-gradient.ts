import type { RelationLoss } from "@quaterion/core/training";
import { demandOracleGradient, demandOwnGradient } from "./finite-differences.js";
import { initialParameters, type LossRun, plainParameters, runRelationLoss } from "./loss-run.js";
import type { PlainParameters, PlainRelationBatch, Rows } from "./plain-batch.js";

/**
 * The loss in plain loops over ordinary numbers, written from the formula: what the loss is held to, value and gradient.
 * @param fixed the batch before it was moved by a step of finite differences: what the formula takes as constant is computed from it
 */
export type RelationOracle = (batch: PlainRelationBatch, parameters: PlainParameters, fixed: PlainRelationBatch) => number;

/** Holds a loss's gradients, with respect to both sides and to what it learns, to differences of its oracle, or of itself where it has none. */
export function demandRelationGradient(
  loss: RelationLoss,
  plain: PlainRelationBatch,
  oracle: RelationOracle | undefined,
  what: string,
): void {
  const initial = initialParameters(loss, plain.anchors[0]!.length);
  const parameters = plainParameters(initial);
  const actual: LossRun = runRelationLoss(loss, plain, initial);
  const dim = plain.anchors[0]!.length;
  const rows = (flat: readonly number[], width = dim): Rows =>
    Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
  const check = oracle ? demandOracleGradient : demandOwnGradient;
  const value = (moved: PlainRelationBatch, weights: PlainParameters = parameters) =>
    oracle ? oracle(moved, weights, plain) : runRelationLoss(loss, moved, initial).value;
  const anchored = (flat: readonly number[]): PlainRelationBatch => ({
    ...plain,
    anchors: rows(flat),
    candidates: plain.inBatch ? rows(flat) : plain.candidates,
  });
  check(actual.anchors, (flat) => value(anchored(flat)), plain.anchors.flat(), `Gradient of the anchors, ${what}`);
  if (!plain.inBatch) {
    check(
      actual.candidates,
      (flat) => value({ ...plain, candidates: rows(flat) }),
      plain.candidates.flat(),
      `Gradient of the candidates, ${what}`,
    );
  }
  for (const [name, { shape, values }] of Object.entries(initial)) {
    const moved = (flat: readonly number[]) =>
      oracle
        ? oracle(plain, { ...parameters, [name]: rows(flat, shape.at(-1)) }, plain)
        : runRelationLoss(loss, plain, { ...initial, [name]: { shape, values: Float32Array.from(flat) } }).value;
    check(actual.parameters[name]!, moved, [...values], `Gradient of the parameter ${name}, ${what}`);
  }
}
