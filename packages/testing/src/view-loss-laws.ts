import { checkOptions, nonEmptyString, Random } from "@quaterion/core";
import type { LossParameters, ViewLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandOracleGradient, demandOwnGradient } from "./finite-differences.js";
import { demand, demandAllClose, demandClose, demandFinite, type Law, magnitude } from "./law.js";
import { checkLoss, declarationLaw } from "./loss-declaration-law.js";
import { initialParameters, inScope, near, plainParameters } from "./loss-run.js";
import { lossRatios } from "./loss-value.js";
import { drawRows, type PlainParameters, type PlainViewBatch, type Rows } from "./plain-batch.js";
import { useEngine } from "./use-engine.js";
import { runViewLoss } from "./view-loss-run.js";

/** The loss in plain loops over ordinary numbers; `fixed` is the batch before a step of finite differences. */
export type ViewOracle = (batch: PlainViewBatch, parameters: PlainParameters, fixed: PlainViewBatch) => number;

export interface ViewLossLawOptions {
  /** The loss in plain loops; without it the gradient is held to differences of the loss itself, and its value to nothing. */
  oracle?: ViewOracle | undefined;
  /** Say true of a loss that takes a part of its formula as constant. */
  detaches?: boolean | undefined;
  /** Numbers of views that the loss is tried with; `[2, 3]`. */
  views?: readonly number[] | undefined;
  /** TensorFlow.js backend that the laws run on; `"cpu"`. */
  backend?: string | undefined;
}

const records = 7;
const dim = 5;

/** Views of records: normal numbers, and for each further view others that are near them. */
function draw(seed: number, count: number): PlainViewBatch {
  const random = new Random(seed);
  const first = drawRows(random, records, dim);
  const further = () => first.map((row) => row.map((x) => Math.round((x + 0.5 * random.normal()) * 10) / 10 || 0.1));
  return { views: [first, ...Array.from({ length: count - 1 }, further)] };
}

/** What every loss on views of the same records must satisfy, for any test runner: `for (const law of viewLossLaws(myLoss())) test(law.title, law.run)`. */
export function viewLossLaws<Parameters extends LossParameters>(given: ViewLoss<Parameters>, options: ViewLossLawOptions = {}): Law[] {
  const anything = (value: unknown) => value;
  checkLoss(given, "viewLossLaws");
  checkOptions("viewLossLaws", options, { oracle: anything, detaches: anything, views: anything, backend: nonEmptyString });
  const loss = given as unknown as ViewLoss;
  const { oracle, detaches = false, views: counts = [2, 3], backend } = options;
  const law = (title: string, check: () => void): Law => ({
    title: `${loss.name}: ${title}`,
    async run() {
      await useEngine(backend);
      check();
    },
  });
  const batches = counts.flatMap((count) => [draw(1, count), draw(2, count)]);
  const usual = (seed: number) => draw(seed, counts[0]!);

  return [
    declarationLaw(loss, "views", backend),
    ...(oracle
      ? [
          law("equals its plain-loop oracle", () => {
            for (const [i, plain] of batches.entries()) {
              const expected = oracle(plain, plainParameters(initialParameters(loss, dim)), plain);
              demandClose(runViewLoss(loss, plain).value, expected, near(expected), `The loss of batch ${i}`);
            }
          }),
        ]
      : []),
    ...(oracle || !detaches
      ? [
          law("has the gradient that finite differences have", () => {
            for (const [i, plain] of batches.entries()) demandGradient(loss, plain, oracle, `batch ${i}`);
          }),
        ]
      : []),
    law("does not depend on the order of records", () => {
      const plain = usual(3);
      const order = [5, 2, 0, 3, 1, 6, 4];
      const [straight, shuffled] = [
        runViewLoss(loss, plain),
        runViewLoss(loss, { views: plain.views.map((rows) => order.map((i) => rows[i]!)) }),
      ];
      demandClose(shuffled.value, straight.value, near(straight.value), "The loss of shuffled records");
      for (const [view, gradient] of straight.views.entries()) {
        const expected = order.flatMap((i) => gradient.slice(i * dim, (i + 1) * dim));
        demandAllClose(shuffled.views[view]!, expected, near(magnitude(expected)), `The gradient of shuffled records, view ${view}`);
      }
    }),
    law("falls when a step is taken against its gradient", () => {
      const plain = usual(4);
      const before = runViewLoss(loss, plain);
      const step = 1e-2 / Math.max(Math.hypot(...before.views.flat()), 1e-6);
      const moved = plain.views.map((rows, view) => rows.map((row, i) => row.map((x, k) => x - step * before.views[view]![i * dim + k]!)));
      const after = runViewLoss(loss, { views: moved });
      demand(
        after.value < before.value,
        `A step of length 0.01 against the gradient takes the loss from ${before.value} to ${after.value}.`,
      );
    }),
    law("is finite, with a finite gradient, at the borders of its domain", () => {
      for (const [name, plain] of Object.entries(borders(usual(5)))) {
        const { value, views, parameters } = runViewLoss(loss, plain);
        demandFinite([value], `${name}: the loss`);
        demandFinite([...views, ...Object.values(parameters)].flat(), `${name}: the gradient`);
      }
    }),
    ...(loss.wholeBatch ? [] : [law("adds up over blocks of records", () => demandBlocks(loss, usual(6)))]),
    law("shows a NaN instead of hiding it", () => {
      const [first, ...others] = usual(7).views;
      const { value } = runViewLoss(loss, { views: [first!.with(0, [Number.NaN, 0, 0, 0, 0]), ...others] });
      demand(Number.isNaN(value), `With a NaN in a record the loss is ${value}; expected NaN, so that training can stop.`);
    }),
    law("leaves no tensor behind", () => {
      runViewLoss(loss, usual(8));
      const before = tf.memory().numTensors;
      runViewLoss(loss, usual(8));
      demand(tf.memory().numTensors === before, `${tf.memory().numTensors - before} more tensors after a step than before.`);
    }),
  ];
}

const rowsOf = (flat: readonly number[], width: number): Rows =>
  Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));

function demandGradient(loss: ViewLoss, plain: PlainViewBatch, oracle: ViewOracle | undefined, what: string): void {
  const initial = initialParameters(loss, dim);
  const parameters = plainParameters(initial);
  const actual = runViewLoss(loss, plain, initial);
  const check = oracle ? demandOracleGradient : demandOwnGradient;
  for (const [view, rows] of plain.views.entries()) {
    const moved = (flat: readonly number[]): PlainViewBatch => ({ views: plain.views.with(view, rowsOf(flat, dim)) });
    const value = (batch: PlainViewBatch) => (oracle ? oracle(batch, parameters, plain) : runViewLoss(loss, batch, initial).value);
    check(actual.views[view]!, (flat) => value(moved(flat)), rows.flat(), `Gradient of view ${view}, ${what}`);
  }
  for (const [name, { shape, values }] of Object.entries(initial)) {
    const moved = (flat: readonly number[]) =>
      oracle
        ? oracle(plain, { ...parameters, [name]: rowsOf(flat, shape.at(-1) ?? 1) }, plain)
        : runViewLoss(loss, plain, { ...initial, [name]: { shape, values: Float32Array.from(flat) } }).value;
    check(actual.parameters[name]!, moved, [...values], `Gradient of the parameter ${name}, ${what}`);
  }
}

function demandBlocks(loss: ViewLoss, { views }: PlainViewBatch): void {
  const initial = Object.entries(initialParameters(loss, dim));
  const ratios = (from: number, to: number) =>
    inScope(() => {
      const parameters = Object.fromEntries(initial.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
      const block = views.map((rows) => tf.tensor2d(rows.slice(from, to).flat(), [to - from, dim]));
      return lossRatios(loss.compute({ views: block }, parameters), loss.reducer).map(({ total, count }) => [
        total.dataSync()[0]!,
        count.dataSync()[0]!,
      ]);
    });
  const [whole, first, second] = [ratios(0, records), ratios(0, 3), ratios(3, records)];
  whole.forEach(([total, count], i) => {
    demandClose(first[i]![0]! + second[i]![0]!, total!, near(total!), `Total ${i} of the blocks`);
    demandClose(first[i]![1]! + second[i]![1]!, count!, near(count!), `Count ${i} of the blocks`);
  });
}

/** Batches where formulas divide by nothing, take roots of nothing, or overflow. */
function borders({ views }: PlainViewBatch): Record<string, PlainViewBatch> {
  const each = (of: (row: readonly number[], view: number, i: number) => readonly number[]): PlainViewBatch => ({
    views: views.map((rows, view) => rows.map((row, i) => of(row, view, i))),
  });
  const [first] = views as [Rows];
  return {
    "all vectors equal": each(() => first[0]!),
    "all vectors zero": each((row) => row.map(() => 0)),
    "some vectors zero": each((row, _, i) => (i % 3 === 0 ? row.map(() => 0) : row)),
    "views equal": each((_, __, i) => first[i]!),
    "views opposite": each((_, view, i) => first[i]!.map((x) => (view % 2 === 0 ? x : -x))),
    "one dimension constant": each((row) => row.with(0, 0.3)),
    "vectors of length 1e-4": each((row) => row.map((x) => (x * 1e-4) / Math.hypot(...row))),
    "vectors of length 5e3": each((row) => row.map((x) => (x * 5e3) / Math.hypot(...row))),
    "one record": { views: views.map((rows) => [rows[0]!]) },
  };
}
