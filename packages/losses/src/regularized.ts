import { checkOptions, InvalidArgumentError, positiveFiniteNumber } from "@quaterion/core";
import type { Loss, LossParameters, LossRatio } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { type AnyLoss, composedLoss, type LossThatReads, lossFacts, lossValue, type Reads } from "./composed-loss.js";
import { identityMask } from "./identity-mask.js";
import { regularizedRows, rowsOfBatch } from "./regularized-rows.js";
import { type Regularizer, regularizerValue } from "./regularizer.js";
import { type LossParts, weightedParts } from "./sum-of-parts.js";

/** A regularizer, or its weight (1) and the regularizer. */
export type WeightedRegularizer = Regularizer | readonly [weight: number, regularizer: Regularizer];

export interface RegularizedOptions {
  /** On the embeddings of the batch: the mean over anchors and candidates where these are others, over both sides of pairs, or over all views. */
  readonly embeddings?: WeightedRegularizer | undefined;
  /** On the class vectors (`prototypes`) that the loss learns. */
  readonly parameters?: WeightedRegularizer | undefined;
}

/**
 * A loss and what keeps its vectors in shape: loss + weight · regularizer. `regularized(arcFace(), { parameters: [0.3, regularFace()] })`.
 * A regularizer sees every row, those too of whose relations nothing is known. It is logged apart, as "lpRegularizer of embeddings". Put one
 * `regularized` around another for several of a kind.
 * Use it when embeddings grow, drift or crowd, or class vectors do.
 *
 * @throws {InvalidArgumentError} when no regularizer is given, a weight is not a finite number above 0, a regularizer of class vectors is given for
 * embeddings, or the loss learns no class vectors
 */
export function regularized<What extends Reads>(
  given: AnyLoss & { readonly reads: What },
  options: RegularizedOptions,
): LossThatReads<What> {
  const loss = lossValue(given, "regularized.loss");
  checkOptions("regularized", options, { embeddings: (value) => value, parameters: (value) => value });
  const embeddings = weightedRegularizer(options?.embeddings, "regularized.embeddings");
  const parameters = weightedRegularizer(options?.parameters, "regularized.parameters");
  if (!embeddings && !parameters)
    throw new InvalidArgumentError("`regularized` needs `embeddings` or `parameters`: a regularizer, such as lpRegularizer().");
  if (embeddings?.regularizer.parametersOnly) {
    throw new InvalidArgumentError(
      `\`regularized.embeddings\` must be a regularizer of embeddings; received ${embeddings.regularizer.name}, which is for \`parameters\`.`,
    );
  }
  if (parameters && !loss.parameters) {
    throw new InvalidArgumentError(
      `\`regularized.parameters\` needs a loss that learns class vectors; received ${loss.name}, which learns nothing.`,
    );
  }
  const facts = (given: typeof embeddings) =>
    given ? { weight: given.weight, name: given.regularizer.name, config: given.regularizer.config } : null;
  return composedLoss({
    name: `regularized(${loss.name})`,
    config: { loss: lossFacts(loss), embeddings: facts(embeddings), parameters: facts(parameters) },
    losses: { "": loss },
    wholeBatch: embeddings?.regularizer.wholeBatch === true,
    parts(batch, own): LossParts {
      const learned = own("");
      const count = rowsOfBatch(loss.reads, batch);
      const cost = (
        { weight, regularizer }: NonNullable<typeof embeddings>,
        sets: ReturnType<typeof regularizedRows>,
      ): readonly LossRatio[] =>
        sets.flatMap(({ rows, apart, ofBlock }) =>
          regularizer.compute({ rows, apart }).map((ratio) => {
            // What is the same in every block of anchors counts as often as the block has anchors, so that totals and counts add up.
            const times = ofBlock ? 1 : count;
            return { total: tf.mul<tf.Scalar>((times * weight) / sets.length, ratio.total), count: tf.mul<tf.Scalar>(times, ratio.count) };
          }),
        );
      return {
        ...weightedParts(loss, loss.compute(batch, learned), 1, loss.name),
        ...(embeddings && { [`${embeddings.regularizer.name} of embeddings`]: cost(embeddings, regularizedRows(loss.reads, batch)) }),
        ...(parameters && { [`${parameters.regularizer.name} of parameters`]: cost(parameters, classVectors(loss, learned)) }),
      };
    },
  }) as LossThatReads<What>;
}

function weightedRegularizer(given: unknown, argument: string): { weight: number; regularizer: Regularizer } | undefined {
  if (given === undefined) return undefined;
  const [weight, regularizer] = Array.isArray(given) ? given : [1, given];
  return { weight: positiveFiniteNumber(weight, `${argument} weight`), regularizer: regularizerValue(regularizer, argument) };
}

/** What a class loss, or those within, learn of the classes. */
function classVectors(loss: Loss, learned: LossParameters) {
  const sets = Object.entries(learned).flatMap(([name, rows]) => (/(^|\.)prototypes$/.test(name) ? [rows as tf.Tensor2D] : []));
  if (sets.length === 0) {
    throw new InvalidArgumentError(
      `\`regularized.parameters\` needs a loss that learns \`prototypes\`; ${loss.name} learns ${Object.keys(learned).join(", ") || "nothing"}.`,
    );
  }
  return sets.map((rows) => ({ rows, apart: () => tf.sub<tf.Tensor2D>(1, identityMask(rows.shape[0])), ofBlock: false }));
}
