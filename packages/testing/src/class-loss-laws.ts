import { checkOptions, nonEmptyString, Random } from "@quaterion/core";
import type { ClassLoss, InitialTensor, LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandOracleGradient, demandOwnGradient } from "./finite-differences.js";
import { demand, demandAllClose, demandClose, demandFinite, type Law, magnitude } from "./law.js";
import { checkLoss, declarationLaw } from "./loss-declaration-law.js";
import { initialParameters, inScope, near, plainParameters, runClassLoss } from "./loss-run.js";
import { lossRatios } from "./loss-value.js";
import { drawRows, type PlainClassBatch, type PlainParameters, type Rows } from "./plain-batch.js";
import { useEngine } from "./use-engine.js";

/** The loss in plain loops over ordinary numbers; `fixed` is the batch before a step of finite differences. */
export type ClassOracle = (batch: PlainClassBatch, parameters: PlainParameters, fixed: PlainClassBatch) => number;

export interface ClassLossLawOptions {
  /** The loss in plain loops; without it the gradient is held to differences of the loss itself, and its value to nothing. */
  oracle?: ClassOracle | undefined;
  /** Say true of a loss that takes a part of its formula as constant. */
  detaches?: boolean | undefined;
  /** TensorFlow.js backend that the laws run on; `"cpu"`. */
  backend?: string | undefined;
}

const labels = [0, 0, 1, 1, 2, 2, 0, 1];
const dim = 5;
const draw = (seed: number): PlainClassBatch => ({ embeddings: drawRows(new Random(seed), labels.length, dim), classes: labels });

/** What every class loss must satisfy, for any test runner: `for (const law of classLossLaws(myLoss())) test(law.title, law.run)`. */
export function classLossLaws<Parameters extends LossParameters>(given: ClassLoss<Parameters>, options: ClassLossLawOptions = {}): Law[] {
  checkLoss(given, "classLossLaws");
  checkOptions("classLossLaws", options, { oracle: (value) => value, detaches: (value) => value, backend: nonEmptyString });
  const loss = given as unknown as ClassLoss;
  const { oracle, detaches = false, backend } = options;
  const run = (batch: PlainClassBatch, initial?: Record<string, InitialTensor>) => runClassLoss(loss, batch, initial);
  const law = (title: string, check: () => void): Law => ({
    title: `${loss.name}: ${title}`,
    async run() {
      await useEngine(backend);
      check();
    },
  });
  const batches = [draw(1), draw(2)];

  return [
    declarationLaw(loss, "classes", backend),
    ...(oracle
      ? [
          law("equals its plain-loop oracle", () => {
            for (const [i, plain] of batches.entries()) {
              const expected = oracle(plain, plainParameters(initialParameters(loss, dim)), plain);
              demandClose(run(plain).value, expected, near(expected), `The loss of batch ${i}`);
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
    law("does not depend on the order of rows", () => {
      const plain = draw(3);
      const order = [5, 2, 7, 0, 3, 1, 6, 4];
      const [straight, shuffled] = [
        run(plain),
        run({ embeddings: order.map((i) => plain.embeddings[i]!), classes: order.map((i) => labels[i]!) }),
      ];
      demandClose(shuffled.value, straight.value, near(straight.value), "The loss of shuffled rows");
      const expected = order.flatMap((i) => straight.anchors.slice(i * dim, (i + 1) * dim));
      demandAllClose(shuffled.anchors, expected, near(magnitude(expected)), "The gradient of shuffled rows");
    }),
    law("falls when a step is taken against its gradient", () => {
      const plain = draw(4);
      const initial = initialParameters(loss, dim);
      const before = run(plain, initial);
      const size = Math.hypot(...before.anchors, ...Object.values(before.parameters).flat());
      const step = 1e-2 / Math.max(size, 1e-6);
      const flat = plain.embeddings.flat().map((x, i) => x - step * before.anchors[i]!);
      const moved = Object.fromEntries(
        Object.entries(initial).map(([name, { shape, values }]) => [
          name,
          { shape, values: values.map((x, i) => x - step * before.parameters[name]![i]!) },
        ]),
      );
      const after = run({ ...plain, embeddings: rowsOf(flat, dim) }, moved);
      demand(
        after.value < before.value,
        `A step of length 0.01 against the gradient takes the loss from ${before.value} to ${after.value}.`,
      );
    }),
    law("is finite, with a finite gradient, at the borders of its domain", () => {
      for (const [name, plain, initial] of borders(loss)) {
        const { value, anchors, parameters } = run(plain, initial);
        demandFinite([value], `${name}: the loss`);
        demandFinite([...anchors, ...Object.values(parameters).flat()], `${name}: the gradient`);
      }
    }),
    ...(loss.wholeBatch ? [] : [law("adds up over blocks of rows", () => demandBlocks(loss, draw(5)))]),
    law("shows a NaN instead of hiding it", () => {
      const plain = draw(6);
      const { value } = run({ ...plain, embeddings: plain.embeddings.with(0, [Number.NaN, 0, 0, 0, 0]) });
      demand(Number.isNaN(value), `With a NaN in a row the loss is ${value}; expected NaN, so that training can stop.`);
    }),
    law("leaves no tensor behind", () => {
      run(draw(7));
      const before = tf.memory().numTensors;
      run(draw(7));
      demand(tf.memory().numTensors === before, `${tf.memory().numTensors - before} more tensors after a step than before.`);
    }),
  ];
}

function rowsOf(flat: readonly number[], width: number): Rows {
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
}

function demandGradient(loss: ClassLoss, plain: PlainClassBatch, oracle: ClassOracle | undefined, what: string): void {
  const initial = initialParameters(loss, dim);
  const parameters = plainParameters(initial);
  const actual = runClassLoss(loss, plain, initial);
  const check = oracle ? demandOracleGradient : demandOwnGradient;
  const value = (moved: PlainClassBatch) => (oracle ? oracle(moved, parameters, plain) : runClassLoss(loss, moved, initial).value);
  const embeddings = plain.embeddings.flat();
  check(actual.anchors, (flat) => value({ ...plain, embeddings: rowsOf(flat, dim) }), embeddings, `Gradient of the embeddings, ${what}`);
  for (const [name, { shape, values }] of Object.entries(initial)) {
    const moved = (flat: readonly number[]) =>
      oracle
        ? oracle(plain, { ...parameters, [name]: rowsOf(flat, shape.at(-1) ?? 1) }, plain)
        : runClassLoss(loss, plain, { ...initial, [name]: { shape, values: Float32Array.from(flat) } }).value;
    check(actual.parameters[name]!, moved, [...values], `Gradient of the parameter ${name}, ${what}`);
  }
}

function demandBlocks(loss: ClassLoss, plain: PlainClassBatch): void {
  const initial = Object.entries(initialParameters(loss, dim));
  const ratios = (from: number, to: number) =>
    inScope(() => {
      const parameters = Object.fromEntries(initial.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
      const embeddings = tf.tensor2d(plain.embeddings.slice(from, to).flat(), [to - from, dim]);
      const result = loss.compute({ embeddings, classes: tf.tensor1d(plain.classes.slice(from, to), "int32") }, parameters);
      return lossRatios(result, loss.reducer).map(({ total, count }) => [total.dataSync()[0]!, count.dataSync()[0]!]);
    });
  const n = plain.classes.length;
  const [whole, first, second] = [ratios(0, n), ratios(0, 3), ratios(3, n)];
  whole.forEach(([total, count], i) => {
    demandClose(first[i]![0]! + second[i]![0]!, total!, near(total!), `Total ${i} of the blocks`);
    demandClose(first[i]![1]! + second[i]![1]!, count!, near(count!), `Count ${i} of the blocks`);
  });
}

/** Batches, and parameters, where formulas divide by nothing, take roots of nothing, or overflow. */
function borders(loss: ClassLoss): [string, PlainClassBatch, Record<string, InitialTensor>][] {
  const usual = draw(8);
  const initial = initialParameters(loss, dim);
  const each = (of: (row: readonly number[], i: number) => readonly number[]): PlainClassBatch => ({
    ...usual,
    embeddings: usual.embeddings.map(of),
  });
  const zero = Object.fromEntries(
    Object.entries(initial).map(([name, { shape, values }]) => [name, { shape, values: values.map(() => 0) }]),
  );
  const prototypes = Object.values(initial).find(({ shape }) => shape.length === 2 && shape[1] === dim);
  const onClass = (sign: number) =>
    each((row, i) => (prototypes ? [...prototypes.values.slice(labels[i]! * dim, (labels[i]! + 1) * dim)].map((x) => sign * x) : row));
  return [
    ["all vectors equal", each(() => usual.embeddings[0]!), initial],
    ["all vectors zero", each((row) => row.map(() => 0)), initial],
    ["vectors of length 1e-4", each((row) => row.map((x) => (x * 1e-4) / Math.hypot(...row))), initial],
    ["vectors of length 5e3", each((row) => row.map((x) => (x * 5e3) / Math.hypot(...row))), initial],
    ["each row on its class's prototype", onClass(1), initial],
    ["each row opposite its class's prototype", onClass(-1), initial],
    ["parameters zero", usual, zero],
    ["one class", { ...usual, classes: labels.map(() => 0) }, initial],
    ["one row", { embeddings: [usual.embeddings[0]!], classes: [1] }, initial],
  ];
}
