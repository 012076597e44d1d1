import type { ClassBatch, ClassLoss, LossParameters, LossTerms } from "@quaterion/core/training";
import { declaredLoss, demandTensors, type LossDefinition, learnedBy } from "./loss-definition.js";
import { type LossOptions, weighted } from "./loss-options.js";

/** A loss on classes, as its author writes it. */
export interface ClassLossDefinition<Options extends object, Parameters extends LossParameters>
  extends LossDefinition<Options, Parameters> {
  /** First values of what the loss learns, for one label space. */
  parameters: NonNullable<LossDefinition<Options, Parameters>["parameters"]>;
  /** Terms, the first axis the rows (any, where the loss needs whole batches), and which of them count. Called inside `tf.tidy`. */
  compute(batch: ClassBatch, options: Readonly<Options>, parameters: Parameters): LossTerms;
}

/**
 * Makes the factory of a class loss: `(options?) => ClassLoss`. Every loss also takes the option `reducer`. `fit` keeps one set of parameters
 * for each label space.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with those that there are, and for what an option's check rejects
 */
export function defineClassLoss<Options extends object, Parameters extends LossParameters>(
  definition: ClassLossDefinition<Options, Parameters>,
): (options?: LossOptions<Options>) => ClassLoss<Parameters> {
  return (given) => {
    const [facts, options, formulaNeedsWhole] = declaredLoss(definition, given);
    return {
      ...facts,
      reads: "classes",
      memory: false,
      compute(batch, parameters) {
        demandTensors(definition.name, batch, ["embeddings", "classes"]);
        const result = definition.compute(batch, options, learnedBy(definition, options, parameters));
        // Where the first axis is not the rows, the loss itself must see to their weights.
        return formulaNeedsWhole ? result : weighted(result, batch.weights);
      },
    };
  };
}
