import { checkOptions, nonEmptyString, positiveInteger } from "@quaterion/core";
import type { InitialTensor, LossParameters, PairKnowledge, ScoreLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandOracleGradient, demandOwnGradient } from "./finite-differences.js";
import { demand, demandAllClose, demandClose, demandFinite, type Law, magnitude } from "./law.js";
import { checkLoss, declarationLaw } from "./loss-declaration-law.js";
import { initialParameters, inScope, type LossRun, near, plainParameters, runScoreLoss, scoreBatch } from "./loss-run.js";
import { lossRatios } from "./loss-value.js";
import { drawScoreBatch, type PlainParameters, type PlainScoreBatch, type Rows } from "./plain-batch.js";
import { useEngine } from "./use-engine.js";

/** The loss in plain loops over ordinary numbers; `fixed` is the batch before a step of finite differences. */
export type ScoreOracle = (batch: PlainScoreBatch, parameters: PlainParameters, fixed: PlainScoreBatch) => number;

export interface ScoreLossLawOptions {
  /** The loss in plain loops; without it the gradient is held to differences of the loss itself, and its value to nothing. */
  oracle?: ScoreOracle | undefined;
  /** Say true of a loss that takes a part of its formula as constant. */
  detaches?: boolean | undefined;
  /** Dimension of the teacher's vectors; that of the embeddings. */
  teacherDim?: number | undefined;
  /** TensorFlow.js backend that the laws run on; `"cpu"`. */
  backend?: string | undefined;
}

/** What every loss on graded pairs must satisfy, for any test runner: `for (const law of scoreLossLaws(myLoss())) test(law.title, law.run)`. */
export function scoreLossLaws<Parameters extends LossParameters, Needs extends PairKnowledge>(
  given: ScoreLoss<Parameters, Needs>,
  options: ScoreLossLawOptions = {},
): Law[] {
  const anything = (value: unknown) => value;
  checkLoss(given, "scoreLossLaws");
  checkOptions("scoreLossLaws", options, { oracle: anything, detaches: anything, teacherDim: positiveInteger, backend: nonEmptyString });
  const loss = given as unknown as ScoreLoss;
  const { oracle, detaches = false, teacherDim, backend } = options;
  const run = (batch: PlainScoreBatch, initial?: Record<string, InitialTensor>) => runScoreLoss(loss, batch, initial);
  const draw = (seed: number, dim = 5) => drawScoreBatch(seed, { dim, teacherDim });
  const law = (title: string, check: () => void): Law => ({
    title: `${loss.name}: ${title}`,
    async run() {
      await useEngine(backend);
      check();
    },
  });
  const batches = [draw(1), draw(2, 4)];

  return [
    declarationLaw(loss, "scores", backend),
    ...(oracle
      ? [
          law("equals its plain-loop oracle", () => {
            for (const [i, plain] of batches.entries()) {
              const expected = oracle(plain, plainParameters(initialParameters(loss, plain.first[0]!.length)), plain);
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
    law("does not depend on the order of pairs", () => {
      const plain = draw(3);
      const order = [5, 2, 7, 0, 3, 1, 6, 4];
      demandSame(run(chosen(plain, order)), run(plain), order, "shuffled pairs");
    }),
    law("takes a pair of weight 0 as left out", () => {
      const plain = draw(4);
      const rest = [0, 1, 2, 4, 5, 6, 7];
      const weighted = run({ ...plain, weights: [1, 1, 1, 0, 1, 1, 1, 1] });
      demandSame(run(chosen(plain, rest)), weighted, rest, "the other pairs");
      const own = weighted.embedded.flatMap((gradient) => gradient.slice(3 * 5, 4 * 5));
      demandAllClose(
        own,
        own.map(() => 0),
        1e-7,
        "The gradient of the pair of weight 0",
      );
    }),
    law("counts a pair of weight 2 as two", () => {
      const plain = draw(5);
      const [twice, weighted] = [run(chosen(plain, [0, 1, 2, 3, 4, 5, 6, 7, 1])), run({ ...plain, weights: [1, 2, 1, 1, 1, 1, 1, 1] })];
      demandClose(weighted.value, twice.value, near(twice.value), "The loss with a pair of weight 2");
    }),
    law("falls when a step is taken against its gradient", () => {
      const plain = draw(6);
      const initial = initialParameters(loss, 5);
      const before = run(plain, initial);
      const step = 1e-2 / Math.max(Math.hypot(...before.embedded.flat(), ...Object.values(before.parameters).flat()), 1e-6);
      const against = (flat: readonly number[], gradient: readonly number[]) => flat.map((x, i) => x - step * gradient[i]!);
      const moved = Object.fromEntries(
        Object.entries(initial).map(([name, { shape, values }]) => [
          name,
          { shape, values: Float32Array.from(against([...values], before.parameters[name]!)) },
        ]),
      );
      const embedded = columns(plain).map((rows, k) => rowsOf(against(rows.flat(), before.embedded[k]!), 5));
      const after = run(withColumns(plain, embedded), moved);
      demand(
        after.value < before.value,
        `A step of length 0.01 against the gradient takes the loss from ${before.value} to ${after.value}.`,
      );
    }),
    law("is finite, with a finite gradient, at the borders of its domain", () => {
      for (const [name, plain, initial] of borders(loss, draw(7))) {
        const { value, embedded, parameters } = run(plain, initial);
        demandFinite([value], `${name}: the loss`);
        demandFinite([...embedded.flat(), ...Object.values(parameters).flat()], `${name}: the gradient`);
      }
    }),
    law("is 0, with gradient 0, where every pair has weight 0", () => {
      const plain = draw(8);
      const { value, embedded } = run({ ...plain, weights: plain.scores.map(() => 0) });
      demandClose(value, 0, 1e-7, "The loss of pairs of weight 0");
      demandAllClose(
        embedded.flat(),
        embedded.flat().map(() => 0),
        1e-7,
        "Its gradient",
      );
    }),
    ...(loss.wholeBatch ? [] : [law("adds up over blocks of pairs", () => demandBlocks(loss, draw(9)))]),
    law("shows a NaN instead of hiding it", () => {
      const plain = draw(10);
      const { value } = run({ ...plain, first: plain.first.with(0, [Number.NaN, 0, 0, 0, 0]) });
      demand(Number.isNaN(value), `With a NaN in a row the loss is ${value}; expected NaN, so that training can stop.`);
    }),
    law("leaves no tensor behind", () => {
      run(draw(11));
      const before = tf.memory().numTensors;
      run(draw(11));
      demand(tf.memory().numTensors === before, `${tf.memory().numTensors - before} more tensors after a step than before.`);
    }),
  ];
}

const columns = ({ first, second, others }: PlainScoreBatch): Rows[] => [first, second, ...others];
const withColumns = (plain: PlainScoreBatch, [first, second, ...others]: readonly Rows[]): PlainScoreBatch => ({
  ...plain,
  first: first!,
  second: second!,
  others,
});

function rowsOf(flat: readonly number[], width: number): Rows {
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
}

/** The pairs of these numbers, in this order. */
function chosen(plain: PlainScoreBatch, order: readonly number[]): PlainScoreBatch {
  const of = <T>(items: readonly T[]): T[] => order.map((i) => items[i]!);
  const { scores, teacherScores, teacher, classes } = plain;
  return {
    ...withColumns(plain, columns(plain).map(of)),
    scores: of(scores),
    teacherScores: of(teacherScores),
    teacher: { first: of(teacher.first), second: of(teacher.second) },
    classes: of(classes),
  };
}

/** That the run of the pairs `order` has the value of the run of all, and its gradients for them. */
function demandSame(some: LossRun, all: LossRun, order: readonly number[], what: string): void {
  demandClose(some.value, all.value, near(all.value), `The loss of ${what}`);
  for (const [k, gradient] of all.embedded.entries()) {
    const expected = order.flatMap((i) => gradient.slice(i * 5, (i + 1) * 5));
    demandAllClose(some.embedded[k]!, expected, near(magnitude(expected)), `Gradient ${k} of ${what}`);
  }
}

function demandGradient(loss: ScoreLoss, plain: PlainScoreBatch, oracle: ScoreOracle | undefined, what: string): void {
  const dim = plain.first[0]!.length;
  const initial = initialParameters(loss, dim);
  const parameters = plainParameters(initial);
  const actual = runScoreLoss(loss, plain, initial);
  const check = oracle ? demandOracleGradient : demandOwnGradient;
  const value = (moved: PlainScoreBatch) => (oracle ? oracle(moved, parameters, plain) : runScoreLoss(loss, moved, initial).value);
  for (const [k, rows] of columns(plain).entries()) {
    const moved = (flat: readonly number[]) => withColumns(plain, columns(plain).with(k, rowsOf(flat, dim)));
    check(actual.embedded[k]!, (flat) => value(moved(flat)), rows.flat(), `Gradient ${k} of first, second and others, ${what}`);
  }
  for (const [name, { shape, values }] of Object.entries(initial)) {
    const moved = (flat: readonly number[]) =>
      oracle
        ? oracle(plain, { ...parameters, [name]: rowsOf(flat, shape.at(-1) ?? 1) }, plain)
        : runScoreLoss(loss, plain, { ...initial, [name]: { shape, values: Float32Array.from(flat) } }).value;
    check(actual.parameters[name]!, moved, [...values], `Gradient of the parameter ${name}, ${what}`);
  }
}

function demandBlocks(loss: ScoreLoss, plain: PlainScoreBatch): void {
  const initial = Object.entries(initialParameters(loss, 5));
  const ratios = (numbers: number[]) =>
    inScope(() => {
      const parameters = Object.fromEntries(initial.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
      const block = chosen(plain, numbers);
      const embedded = columns(block).map((rows) => tf.tensor2d(rows.flat(), [numbers.length, 5]));
      const result = loss.compute(scoreBatch(block, embedded), parameters);
      return lossRatios(result, loss.reducer).map(({ total, count }) => [total.dataSync()[0]!, count.dataSync()[0]!]);
    });
  const [whole, first, second] = [ratios([0, 1, 2, 3, 4, 5, 6, 7]), ratios([0, 1, 2]), ratios([3, 4, 5, 6, 7])];
  whole.forEach(([total, count], i) => {
    demandClose(first[i]![0]! + second[i]![0]!, total!, near(total!), `Total ${i} of the blocks`);
    demandClose(first[i]![1]! + second[i]![1]!, count!, near(count!), `Count ${i} of the blocks`);
  });
}

/** Batches, and parameters, where formulas divide by nothing, take roots of nothing, or overflow. */
function borders(loss: ScoreLoss, usual: PlainScoreBatch): [string, PlainScoreBatch, Record<string, InitialTensor>][] {
  const initial = initialParameters(loss, 5);
  const each = (of: (row: readonly number[], i: number) => readonly number[]) =>
    withColumns(
      usual,
      columns(usual).map((rows) => rows.map(of)),
    );
  const zero = Object.fromEntries(
    Object.entries(initial).map(([name, { shape, values }]) => [name, { shape, values: values.map(() => 0) }]),
  );
  const sized = (length: number) => each((row) => row.map((x) => (x * length) / Math.hypot(...row)));
  const { first } = usual;
  const batches: [string, PlainScoreBatch][] = [
    ["all vectors equal", each(() => first[0]!)],
    ["all vectors zero", each((row) => row.map(() => 0))],
    ["some vectors zero", each((row, i) => (i % 3 === 0 ? row.map(() => 0) : row))],
    ["partners equal", withColumns(usual, [first, first, first, first])],
    ["partners opposite", { ...usual, second: first.map((row) => row.map((x) => -x)) }],
    ["vectors of length 1e-4", sized(1e-4)],
    ["vectors of length 5e3", sized(5e3)],
    ["vectors as the teacher's", usual.teacher.first[0]!.length === 5 ? { ...usual, ...usual.teacher } : usual],
    ["scores all equal", { ...usual, scores: usual.scores.map(() => 0.5) }],
    ["scores 0 and 1", { ...usual, scores: usual.scores.map((_, i) => i % 2) }],
    ["teacher's scores far apart", { ...usual, teacherScores: usual.teacherScores.map((row) => row.map((x) => 1e3 * x)) }],
    [
      "teacher's vectors zero",
      { ...usual, teacher: { first: usual.teacher.first.map((row) => row.map(() => 0)), second: usual.teacher.second } },
    ],
    ["one class", { ...usual, classes: usual.classes.map(() => 0) }],
    ["one pair", chosen(usual, [0])],
  ];
  return [
    ...batches.map(([name, plain]) => [name, plain, initial] as [string, PlainScoreBatch, typeof initial]),
    ["parameters zero", usual, zero],
  ];
}
