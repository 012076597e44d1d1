import { InvalidArgumentError, reject } from "@quaterion/core";
import type { LossParameters, LossTerms, ViewBatch, ViewLoss } from "@quaterion/core/training";
import { declaredLoss, type LossDefinition, learnedBy } from "./loss-definition.js";
import type { LossOptions } from "./loss-options.js";

/** A loss on views of the same records, as its author writes it. */
export interface ViewLossDefinition<Options extends object, Parameters extends LossParameters> extends LossDefinition<Options, Parameters> {
  /** Terms, the first axis the records (any, where the loss needs whole batches). Two or more views, each `[batch, dim]`. Called inside `tf.tidy`. */
  compute(batch: ViewBatch, options: Readonly<Options>, parameters: Parameters): LossTerms;
}

/**
 * Makes the factory of a view loss: `(options?) => ViewLoss`. Every loss also takes the option `reducer`.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with those that there are, and for what an option's check rejects; (the loss) for
 * fewer than two views
 */
export function defineViewLoss<Options extends object, Parameters extends LossParameters = LossParameters>(
  definition: ViewLossDefinition<Options, Parameters>,
): (options?: LossOptions<Options>) => ViewLoss<Parameters> {
  return (given) => {
    const [facts, options] = declaredLoss(definition, given);
    return {
      ...facts,
      reads: "views",
      memory: false,
      compute(batch, parameters) {
        demandViews(definition.name, batch);
        return definition.compute(batch, options, learnedBy(definition, options, parameters));
      },
    };
  };
}

/** @throws {InvalidArgumentError} for fewer than two views */
export function demandViews(name: string, batch: ViewBatch | undefined): void {
  const views = batch?.views;
  if (!Array.isArray(views)) reject(`${name}.compute views`, "an array of tensors", views);
  if (views.length < 2) throw new InvalidArgumentError(`\`${name}\` needs two or more views of each record; received ${views.length}.`);
}
