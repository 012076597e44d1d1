import { checkOptions, nonEmptyString } from "@quaterion/core";
import type { LossParameters, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demand, demandAllClose, demandClose, demandFinite, type Law, magnitude } from "./law.js";
import { checkLoss, declarationLaw } from "./loss-declaration-law.js";
import {
  initialParameters,
  inScope,
  type LossRun,
  near,
  parameterTensors,
  plainParameters,
  relationBatch,
  relationTensors,
  runRelationLoss,
} from "./loss-run.js";
import { drawBatch, drawMemoryBatch, inBatch, type PlainRelationBatch } from "./plain-batch.js";
import { demandBlocks } from "./relation-blocks.js";
import { relationBorders } from "./relation-borders.js";
import { demandRelationGradient, type RelationOracle } from "./relation-gradient.js";
import { useEngine } from "./use-engine.js";

export type { RelationOracle } from "./relation-gradient.js";

export interface RelationLossLawOptions {
  /** The loss in plain loops; without it the gradient is held to differences of the loss itself, and its value to nothing. */
  oracle?: RelationOracle | undefined;
  /** Say true of a loss that takes a part of its formula as constant: without an oracle, differences of the loss itself can't tell its gradient. */
  detaches?: boolean | undefined;
  /** TensorFlow.js backend that the laws run on; `"cpu"`. */
  backend?: string | undefined;
}

/**
 * What every relation loss must satisfy, for any test runner: `for (const law of relationLossLaws(myLoss())) test(law.title, law.run)`.
 * A NaN among known samples must show in the loss: `fit` stops on it, and can't stop on what a loss hides.
 */
export function relationLossLaws<Parameters extends LossParameters>(
  given: RelationLoss<Parameters>,
  options: RelationLossLawOptions = {},
): Law[] {
  checkLoss(given, "relationLossLaws");
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
            for (const [i, plain] of batches.entries()) demandRelationGradient(loss, plain, oracle, `batch ${i}`);
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
    law("does the same where it is told how many similar candidates an anchor has at most", () => {
      for (const plain of [drawBatch(15), drawMemoryBatch(16)]) {
        const most = Math.max(...plain.relations.map((row) => row.filter((relation) => relation === 1).length));
        for (const mostSimilar of [most, most + 1]) {
          const [untold, told] = [run(plain), run({ ...plain, mostSimilar })];
          demandClose(told.value, untold.value, near(untold.value), `The loss with \`mostSimilar\` ${mostSimilar}`);
          const all = ({ anchors, candidates }: LossRun) => [...anchors, ...candidates];
          demandAllClose(all(told), all(untold), near(magnitude(all(untold))), `The gradient with \`mostSimilar\` ${mostSimilar}`);
        }
      }
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
      for (const [name, plain] of Object.entries(relationBorders())) {
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

const none = (n: number): number[][] => Array.from({ length: n }, () => Array.from({ length: n }, () => 0));

function withTerms<T>(loss: RelationLoss, plain: PlainRelationBatch, use: (terms: ReturnType<RelationLoss["compute"]>) => T): T {
  return inScope(() => {
    const [anchors, candidates] = relationTensors(plain);
    return use(loss.compute(relationBatch(plain, anchors, candidates), parameterTensors(loss, plain.anchors[0]!.length)));
  });
}

function demandValue(loss: RelationLoss, plain: PlainRelationBatch, oracle: RelationOracle, what: string): void {
  const expected = oracle(plain, plainParameters(initialParameters(loss, plain.anchors[0]!.length)), plain);
  demandClose(runRelationLoss(loss, plain).value, expected, near(expected), `The loss of ${what}`);
}
