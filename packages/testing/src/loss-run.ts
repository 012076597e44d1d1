import { Random } from "@quaterion/core";
import type {
  ClassLoss,
  InitialTensor,
  Loss,
  LossParameters,
  PairMasks,
  RelationBatch,
  RelationLoss,
  ScoreBatch,
  ScoreLoss,
} from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { lossValue } from "./loss-value.js";
import type { PlainClassBatch, PlainParameters, PlainRelationBatch, PlainScoreBatch, Rows } from "./plain-batch.js";

/**
 * A loss and its gradients, row-major. Where anchors and candidates are the same rows, `anchors` holds the gradient of both uses. `embedded`: those
 * of all matrices of embeddings that the loss was given, one after the other.
 */
export interface LossRun {
  readonly value: number;
  readonly anchors: readonly number[];
  readonly candidates: readonly number[];
  readonly embedded: readonly (readonly number[])[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

/** Classes that a class loss is tried with. */
export const triedClasses = 3;

/** First values of a loss's parameters, in ordinary numbers. */
export function initialParameters(loss: Pick<Loss, "parameters">, dim: number): Record<string, InitialTensor> {
  return { ...loss.parameters?.({ dim, classes: triedClasses }, new Random(7)) };
}

export function plainParameters(initial: Readonly<Record<string, InitialTensor>>): PlainParameters {
  return Object.fromEntries(
    Object.entries(initial).map(([name, { shape, values }]) => {
      const width = shape.at(-1) ?? 1;
      return [name, Array.from({ length: values.length / width }, (_, i) => [...values.slice(i * width, (i + 1) * width)])];
    }),
  );
}

const matrix = (rows: Rows, columns: number) => tf.tensor2d(rows.flat(), [rows.length, columns]);

export function pairMasks(relations: Rows, columns: number): PairMasks {
  const of = (wanted: number) =>
    matrix(
      relations.map((row) => row.map((relation) => (relation === wanted ? 1 : 0))),
      columns,
    );
  return { similar: of(1), dissimilar: of(-1) };
}

/** The batch as a loss sees it, on tensors for its rows. */
export function relationBatch(plain: PlainRelationBatch, anchors: tf.Tensor2D, candidates: tf.Tensor2D): RelationBatch {
  return {
    anchors,
    candidates,
    ...pairMasks(plain.relations, plain.candidates.length),
    ...(plain.amongCandidates && { amongCandidates: pairMasks(plain.amongCandidates, plain.candidates.length) }),
    ...(plain.mostSimilar !== undefined && { mostSimilar: plain.mostSimilar }),
    ...(plain.amongAnchors && { amongAnchors: pairMasks(plain.amongAnchors, plain.anchors.length) }),
  };
}

/** Tensors of a batch's rows: one tensor where anchors and candidates are the same rows. */
export function relationTensors(plain: PlainRelationBatch): [anchors: tf.Tensor2D, candidates: tf.Tensor2D] {
  const dim = plain.anchors[0]!.length;
  const anchors = matrix(plain.anchors, dim);
  return [anchors, plain.inBatch ? anchors : matrix(plain.candidates, dim)];
}

/** Tensors of the first values of a loss's parameters. */
export function parameterTensors(loss: Pick<Loss, "parameters">, dim: number): LossParameters {
  const initial = Object.entries(initialParameters(loss, dim));
  return Object.fromEntries(initial.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
}

/** Runs a relation loss on a plain batch. */
export function runRelationLoss(
  loss: RelationLoss,
  plain: PlainRelationBatch,
  initial = initialParameters(loss, plain.anchors[0]!.length),
): LossRun {
  const dim = plain.anchors[0]!.length;
  return inScope(() => {
    const embedded = [matrix(plain.anchors, dim), ...(plain.inBatch ? [] : [matrix(plain.candidates, dim)])];
    return run(embedded, initial, ([anchors, candidates = anchors], parameters) =>
      lossValue(loss, relationBatch(plain, anchors!, candidates!), parameters),
    );
  });
}

/** Runs a class loss on a plain batch; the gradient with respect to embeddings is in `anchors`. */
export function runClassLoss(
  loss: ClassLoss,
  plain: PlainClassBatch,
  initial = initialParameters(loss, plain.embeddings[0]!.length),
): LossRun {
  return inScope(() =>
    run([matrix(plain.embeddings, plain.embeddings[0]!.length)], initial, ([embeddings], parameters) =>
      lossValue(loss, { embeddings: embeddings!, classes: tf.tensor1d([...plain.classes], "int32") }, parameters),
    ),
  );
}

/** Given pairs as a loss sees them, on tensors for their rows. */
export function scoreBatch(
  plain: PlainScoreBatch,
  [first, second, ...others]: readonly tf.Tensor2D[],
): ScoreBatch & { scores: tf.Tensor1D } {
  const { scores, teacherScores, teacher, classes, weights } = plain;
  const teacherDim = teacher.first[0]!.length;
  return {
    first: first!,
    second: second!,
    others,
    scores: tf.tensor1d([...scores]),
    teacherScores: matrix(teacherScores, teacherScores[0]!.length),
    teacher: { first: matrix(teacher.first, teacherDim), second: matrix(teacher.second, teacherDim) },
    classes: tf.tensor1d([...classes], "int32"),
    ...(weights && { weights: tf.tensor1d([...weights]) }),
  };
}

/** Runs a loss on given pairs; the gradient with respect to first, second and others is in `embedded`. */
export function runScoreLoss(loss: ScoreLoss, plain: PlainScoreBatch, initial = initialParameters(loss, plain.first[0]!.length)): LossRun {
  const dim = plain.first[0]!.length;
  return inScope(() =>
    run(
      [plain.first, plain.second, ...plain.others].map((rows) => matrix(rows, dim)),
      initial,
      (embedded, parameters) => lossValue(loss, scoreBatch(plain, embedded), parameters),
    ),
  );
}

/** Disposes every tensor that `of` makes and does not keep; its result has none. */
export function inScope<T>(of: () => T): T {
  let result: T | undefined;
  tf.tidy(() => {
    result = of();
  });
  return result as T;
}

function run(
  embedded: tf.Tensor2D[],
  initial: Readonly<Record<string, InitialTensor>>,
  value: (embedded: tf.Tensor2D[], parameters: LossParameters) => tf.Scalar,
): LossRun {
  const names = Object.keys(initial);
  const weights = names.map((name) => tf.tensor(initial[name]!.values, [...initial[name]!.shape]));
  const given = [...embedded, ...weights];
  // Not tf.valueAndGrads, which refuses what a loss has no use for; here its gradient is 0.
  const { value: result, grads } = tf
    .engine()
    .gradients(() => value(embedded, Object.fromEntries(names.map((name, i) => [name, weights[i]!]))), given, undefined, true);
  const plain = given.map((tensor, i) => [...(grads[i] ?? tf.zerosLike(tensor)).dataSync()]);
  return {
    value: result.dataSync()[0]!,
    anchors: plain[0]!,
    candidates: embedded.length > 1 ? plain[1]! : [],
    embedded: plain.slice(0, embedded.length),
    parameters: Object.fromEntries(names.map((name, i) => [name, plain[embedded.length + i]!])),
  };
}

/** How far two numbers of float32 may be apart that should be equal: of the larger one, or of 1. */
export function near(value: number): number {
  return 2e-5 * Math.max(1, Math.abs(value));
}
