import * as tf from "@tensorflow/tfjs-core";
import type { LossCase, Nested } from "./golden-case.js";
import type { SaidLoss } from "./mapping.js";

/** What numbers below this are measured against: a loss of 0 in exact numbers is not in float32. */
const leastSize = 1e-3;
const relative = 1e-5;
/** A float32 value farther from the float64 one than this (and that share of it) is no rounding: it excuses nothing. */
const believed = { absolute: 1e-6, relative: 2e-5 };

export interface Comparison {
  /** The greatest difference: of the loss, relative to it; of gradient entries, relative to the greatest entry. */
  readonly worst: number;
  /** What differs, where more than the tolerance does: relative 1e-5, or four times what the peer's own float32 strays. */
  readonly mismatch?: string;
}

export function compareLoss({ f32, loss: peers }: Pick<LossCase, "f32" | "loss">, said: SaidLoss): Comparison {
  const { factor = 1, loss = peers } = said;
  const ours = valueAndGradients(said);
  const scatter = Math.min(4 * Math.abs((f32?.loss ?? peers) - peers), believed.absolute + believed.relative * Math.abs(peers));
  const value = difference("loss", [ours.value * factor], [loss], scatter);
  const gradients = said.inputs.map(({ gradient }) => flat(gradient));
  const sizes = Math.max(...gradients.flat().map(Math.abs), leastSize);
  const comparisons = said.inputs.map(({ values }, k) => {
    const pool = said.equalRowsShare ? (all: number[]) => overEqualRows(values, all) : (all: number[]) => all;
    const scaled = ours.gradients[k]!.map((entry) => entry * factor);
    return difference(`gradient ${k}`, pool(scaled), pool(gradients[k]!), 4 * (f32?.grad_max_abs_diff ?? 0), sizes);
  });
  const all = [value, ...comparisons];
  return { worst: Math.max(...all.map(({ worst }) => worst)), mismatch: all.find(({ mismatch }) => mismatch)?.mismatch };
}

/** Is our loss, with its gradient, finite? */
export function hasFiniteValue(said: SaidLoss): boolean {
  const { value, gradients } = valueAndGradients(said);
  return Number.isFinite(value) && gradients.flat().every(Number.isFinite);
}

function valueAndGradients({ inputs, value }: SaidLoss) {
  let result = { value: 0, gradients: [] as number[][] };
  tf.tidy(() => {
    const tensors = inputs.map(({ values }) => tf.tensor(values as number[]));
    const { value: loss, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => value(...given))(tensors);
    result = { value: loss.dataSync()[0]!, gradients: grads.map((gradient) => [...gradient.dataSync()]) };
  });
  return result;
}

const flat = (values: Nested): number[] => (typeof values === "number" ? [values] : values.flatMap(flat));

function difference(what: string, actual: number[], expected: number[], scatter: number, size?: number): Comparison {
  if (actual.length !== expected.length)
    return { worst: Number.POSITIVE_INFINITY, mismatch: `${what} has ${actual.length} numbers, expected ${expected.length}` };
  const measure = size ?? Math.max(Math.abs(expected[0]!), leastSize);
  const tolerance = Math.max(relative * measure, Number.isFinite(scatter) ? scatter : 0);
  let [worst, at] = [0, 0];
  actual.forEach((entry, i) => {
    const off = Math.abs(entry - expected[i]!);
    if (!(off <= worst)) [worst, at] = [Number.isNaN(off) ? Number.POSITIVE_INFINITY : off, i];
  });
  return {
    worst: worst / measure,
    mismatch: worst <= tolerance ? undefined : `${what}${actual.length > 1 ? ` at ${at}` : ""} is ${actual[at]}, expected ${expected[at]}`,
  };
}

/** Each row's entries replaced by their sums over all rows that equal it. */
function overEqualRows(values: Nested, entries: number[]): number[] {
  const rows = (values as Nested[]).map(String);
  const width = entries.length / rows.length;
  return entries.map((_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return rows.reduce((sum, other, i) => (other === rows[row] ? sum + entries[i * width + column]! : sum), 0);
  });
}
