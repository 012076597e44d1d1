import { checkOptions, nonEmptyString } from "@quaterion/core";
import type { LossParameters, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandOracleGradient, demandOwnGradient } from "./finite-differences.js";
import { demand, demandAllClose, demandClose, demandFinite, type Law, magnitude } from "./law.js";
import { declarationLaw } from "./loss-declaration-law.js";
import { initialParameters, inScope, type LossRun, pairMasks, plainParameters, relationBatch, runRelationLoss } from "./loss-run.js";
import { lossRatios } from "./loss-value.js";
import { drawBatch, drawMemoryBatch, inBatch, type PlainParameters, type PlainRelationBatch, type Rows } from "./plain-batch.js";
import { useEngine } from "./use-engine.js";

/**
 * The loss in plain loops over ordinary numbers, written from the formula: what the loss is held to, value and gradient.
 * @param fixed the batch before it was moved by a step of finite differences: what the formula takes as constant is computed from it
 */
export type RelationOracle = (batch: PlainRelationBatch, parameters: PlainParameters, fixed: PlainRelationBatch) => number;

export interface RelationLossLawOptions {
  /** The loss in plain loops; without it the gradient is held to differences of the loss itself, and its value to nothing. */
  oracle?: RelationOracle;
  /** Say true of a loss that takes a part of its formula as constant: without an oracle, differences of the loss itself can't tell its gradient. */
  detaches?: boolean;
  /** TensorFlow.js backend that the laws run on; `"cpu"`. */
  backend?: string;
}

/**
 * What every relation loss must satisfy, for any test runner: `for (const law of relationLossLaws(myLoss())) test(law.title, law.run)`.
 * A NaN among known samples must show in the loss: `fit` stops on it, and can't stop on what a loss hides.
 */
export function relationLossLaws<Parameters extends LossParameters>(
  given: RelationLoss<Parameters>,
  options: RelationLossLawOptions = {},
): Law[] {
  checkOptions("relationLossLaws", options, { oracle: (value) => value, detaches: (value) => value, backend: nonEmptyString });
  const loss = given as unknown as RelationLoss;
  const { oracle, detaches = false, backend } = options;
  const run = (batch: PlainRelationBatch) => runRelationLoss(loss, batch);
  const law = (title: string, check: () => void): Law => ({
    title: `${loss.name}: ${title}`,
    async run() {
      await useEngine(backend);
      check();
    },
  });
  const batches = [drawBatch(1), drawBatch(2), drawMemoryBatch(3)];

  return [
    declarationLaw(loss, "relations", backend),
    law("terms have the anchors first and the same shape whatever is known", () => {
      const shapes = [drawBatch(1), drawBatch(1, [0, 0, 0, 0, 1, 1, 1, 1]), inBatch(drawBatch(1).anchors, none(8))].map((plain) =>
        withTerms(loss, plain, ({ terms, counted, parts }) => {
          demand(
            parts !== undefined || terms.shape[0] === plain.anchors.length,
            `\`terms\` is [${terms.shape}]; expected [${plain.anchors.length} anchors, …].`,
          );
          demand(
            counted === undefined || String(counted.shape) === String(terms.shape),
            `\`counted\` is [${counted?.shape}]; expected [${terms.shape}], as \`terms\`.`,
          );
          return String(terms.shape);
        }),
      );
      demand(new Set(shapes).size === 1, `Shapes depend on the masks: [${shapes.join("], [")}]; a step must keep its shapes.`);
    }),
    ...(oracle
      ? [
          law("equals its plain-loop oracle", () => {
            for (const [i, plain] of batches.entries()) demandValue(loss, plain, oracle, `batch ${i}`);
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
    law("does not see rows that are unknown to all others", () => {
      const [plain, extra] = [drawBatch(4), drawBatch(5, [0, 1, 2])];
      const n = plain.anchors.length;
      const rows = [...plain.anchors, ...extra.anchors];
      const relations = rows.map((_, i) => rows.map((_, j) => (i < n && j < n ? plain.relations[i]![j]! : 0)));
      const [alone, mixed] = [run(plain), run(inBatch(rows, relations))];
      demandClose(mixed.value, alone.value, near(alone.value), "The loss with rows that nothing is known of");
      const own = alone.anchors.length;
      demandAllClose(mixed.anchors.slice(0, own), alone.anchors, near(magnitude(alone.anchors)), "The gradient of the other rows");
      demandAllClose(
        mixed.anchors.slice(own),
        extra.anchors.flat().map(() => 0),
        1e-7,
        "The gradient of rows that nothing is known of",
      );
    }),
    law("takes a pair that is made unknown as left out", () => {
      for (const left of [1, 4]) {
        const plain = drawMemoryBatch(6, [0], [0, 0, 1, 1, 2, 1]);
        const keep = <T>(items: readonly T[]) => items.filter((_, j) => j !== left);
        const unknown = {
          ...plain,
          relations: [plain.relations[0]!.with(left, 0)],
          amongCandidates: plain.amongCandidates!.map((row, i) => row.map((relation, j) => (i === left || j === left ? 0 : relation))),
        };
        const out: PlainRelationBatch = {
          ...plain,
          candidates: keep(plain.candidates),
          relations: [keep(plain.relations[0]!)],
          amongCandidates: keep(plain.amongCandidates!).map(keep),
        };
        const [masked, without] = [run(unknown), run(out)];
        demandClose(masked.value, without.value, near(without.value), `The loss with pair [0, ${left}] unknown`);
        demandAllClose(
          masked.anchors,
          without.anchors,
          near(magnitude(without.anchors)),
          `The anchor's gradient with pair [0, ${left}] unknown`,
        );
      }
    }),
    law("does not depend on the order of rows", () => {
      const plain = drawBatch(7);
      const order = [5, 2, 7, 0, 3, 1, 6, 4];
      const rows = order.map((i) => plain.anchors[i]!);
      const relations = order.map((i) => order.map((j) => plain.relations[i]![j]!));
      const [straight, shuffled] = [run(plain), run(inBatch(rows, relations))];
      demandClose(shuffled.value, straight.value, near(straight.value), "The loss of shuffled rows");
      const expected = order.flatMap((i) => straight.anchors.slice(i * 5, i * 5 + 5));
      demandAllClose(shuffled.anchors, expected, near(magnitude(expected)), "The gradient of shuffled rows");
    }),
    law("sees the same in candidates of their own as in the batch itself", () => {
      const plain = drawBatch(8);
      const apart: PlainRelationBatch = { ...plain, inBatch: false, amongCandidates: plain.relations, amongAnchors: plain.relations };
      const [within, between] = [run(plain), run(apart)];
      demandClose(between.value, within.value, near(within.value), "The loss with the anchors given as candidates");
      const added = between.anchors.map((gradient, i) => gradient + between.candidates[i]!);
      demandAllClose(added, within.anchors, near(magnitude(within.anchors)), "The gradient of anchors and candidates together");
    }),
    law("takes equal vectors of two samples for a real pair", () => {
      // A dissimilar sample on the very spot of the anchor is the worst there is: leaving it unknown must cost less.
      const rows = [
        [1, 0.2, 0, 0],
        [0.9, 0.4, 0.1, 0],
        [1, 0.2, 0, 0],
      ];
      const relations = (last: number) => [
        [0, 1, last],
        [1, 0, 0],
        [last, 0, 0],
      ];
      const [known, unknown] = [run(inBatch(rows, relations(-1))).value, run(inBatch(rows, relations(0))).value];
      demand(
        known > unknown + 1e-4 * Math.max(1, Math.abs(unknown)),
        `With a dissimilar sample whose vector equals the anchor's the loss is ${known}, with that pair unknown ${unknown}; expected more than that. Tell a sample from itself by the masks, not by distance 0.`,
      );
    }),
    law("is finite, with a finite gradient, at the borders of its domain", () => {
      for (const [name, plain] of Object.entries(borders())) {
        const { value, anchors, candidates } = run(plain);
        demandFinite([value], `${name}: the loss`);
        demandFinite([...anchors, ...candidates], `${name}: the gradient`);
      }
    }),
    law("is 0, with gradient 0, where nothing is known", () => {
      for (const plain of [inBatch(drawBatch(9).anchors, none(8)), inBatch(drawBatch(9, [0]).anchors, [[0]])]) {
        const { value, anchors } = run(plain);
        demandClose(value, 0, 1e-7, `The loss of ${plain.anchors.length} rows that nothing is known of`);
        demandAllClose(
          anchors,
          anchors.map(() => 0),
          1e-7,
          "Its gradient",
        );
      }
    }),
    ...(loss.wholeBatch ? [] : [law("adds up over blocks of anchors", () => demandBlocks(loss, drawMemoryBatch(10, [0, 1, 2, 0, 1, 1])))]),
    law("shows a NaN instead of hiding it", () => {
      const plain = drawBatch(12, [0, 0, 1, 1]);
      const rows = plain.anchors.map((row, i) => (i === 0 ? row.with(0, Number.NaN) : row));
      const { value } = run(
        inBatch(
          rows,
          plain.relations.map((row, i) => row.map((_, j) => (i === j ? 0 : i >> 1 === j >> 1 ? 1 : -1))),
        ),
      );
      demand(Number.isNaN(value), `With a NaN in a known row the loss is ${value}; expected NaN, so that training can stop.`);
    }),
    law("leaves no tensor behind", () => {
      const plain = drawBatch(13);
      run(plain);
      const before = tf.memory().numTensors;
      run(plain);
      demand(tf.memory().numTensors === before, `${tf.memory().numTensors - before} more tensors after a step than before.`);
    }),
  ];
}

const near = (value: number) => 2e-5 * Math.max(1, Math.abs(value));
const none = (n: number): number[][] => Array.from({ length: n }, () => Array.from({ length: n }, () => 0));

function withTerms<T>(loss: RelationLoss, plain: PlainRelationBatch, use: (terms: ReturnType<RelationLoss["compute"]>) => T): T {
  return inScope(() => {
    const [anchors, candidates] = tensors(plain);
    return use(loss.compute(relationBatch(plain, anchors, candidates), parametersOf(loss, plain)));
  });
}

function tensors(plain: PlainRelationBatch): [tf.Tensor2D, tf.Tensor2D] {
  const anchors = tf.tensor2d(plain.anchors.map((row) => [...row]));
  return [anchors, plain.inBatch ? anchors : tf.tensor2d(plain.candidates.map((row) => [...row]))];
}

function parametersOf(loss: RelationLoss, plain: PlainRelationBatch): LossParameters {
  const initial = Object.entries(initialParameters(loss, plain.anchors[0]!.length));
  return Object.fromEntries(initial.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
}

function demandValue(loss: RelationLoss, plain: PlainRelationBatch, oracle: RelationOracle, what: string): void {
  const expected = oracle(plain, plainParameters(initialParameters(loss, plain.anchors[0]!.length)), plain);
  demandClose(runRelationLoss(loss, plain).value, expected, near(expected), `The loss of ${what}`);
}

function demandGradient(loss: RelationLoss, plain: PlainRelationBatch, oracle: RelationOracle | undefined, what: string): void {
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

function demandBlocks(loss: RelationLoss, plain: PlainRelationBatch): void {
  const ratios = (from: number, to: number) =>
    inScope(() => {
      const [anchors, candidates] = tensors(plain);
      const masks = pairMasks(plain.relations.slice(from, to), plain.candidates.length);
      const among = pairMasks(
        plain.amongAnchors!.slice(from, to).map((row) => row.slice(from, to)),
        to - from,
      );
      const rows = tf.slice2d(anchors, [from, 0], [to - from, -1]);
      const block = { ...relationBatch(plain, rows, candidates), ...masks, amongAnchors: among };
      return lossRatios(loss.compute(block, parametersOf(loss, plain)), loss.reducer).map(({ total, count }) => [
        total.dataSync()[0]!,
        count.dataSync()[0]!,
      ]);
    });
  const n = plain.anchors.length;
  const [whole, first, second] = [ratios(0, n), ratios(0, 2), ratios(2, n)];
  whole.forEach(([total, count], i) => {
    demandClose(first[i]![0]! + second[i]![0]!, total!, near(total!), `Total ${i} of the blocks`);
    demandClose(first[i]![1]! + second[i]![1]!, count!, near(count!), `Count ${i} of the blocks`);
  });
}

/** Batches where formulas divide by nothing, take roots of nothing, or overflow. */
function borders(): Record<string, PlainRelationBatch> {
  const usual = drawBatch(14);
  const each = (of: (row: readonly number[], i: number) => readonly number[]) => inBatch(usual.anchors.map(of), usual.relations);
  const all = (relation: number) => usual.anchors.map((_, i) => usual.anchors.map((_, j) => (i === j ? 0 : relation)));
  return {
    "all vectors equal": each(() => usual.anchors[0]!),
    "all vectors zero": each((row) => row.map(() => 0)),
    "some vectors zero": each((row, i) => (i % 3 === 0 ? row.map(() => 0) : row)),
    "vectors opposite": each((_, i) => usual.anchors[0]!.map((x) => (i % 2 === 0 ? x : -x))),
    "vectors of length 1e-4": each((row) => row.map((x) => (x * 1e-4) / Math.hypot(...row))),
    "vectors of length 5e3": each((row) => row.map((x) => (x * 5e3) / Math.hypot(...row))),
    "no similar pair": inBatch(usual.anchors, all(-1)),
    "no dissimilar pair": inBatch(usual.anchors, all(1)),
    "nothing known": inBatch(usual.anchors, all(0)),
    "one sample": inBatch([usual.anchors[0]!], [[0]]),
    "one dissimilar pair": {
      anchors: [usual.anchors[0]!],
      candidates: [usual.anchors[1]!],
      relations: [[-1]],
      inBatch: false,
      amongCandidates: [[0]],
      amongAnchors: [[0]],
    },
  };
}
