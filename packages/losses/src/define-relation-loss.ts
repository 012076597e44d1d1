import { reject } from "@quaterion/core";
import type { LossParameters, LossTerms, RelationBatch, RelationKnowledge, RelationLoss } from "@quaterion/core/training";
import { declaredLoss, forOptions, type LossDefinition } from "./loss-definition.js";
import { type LossOptions, weighted } from "./loss-options.js";

/** A loss on pairs whose relation is known, as its author writes it. */
export interface RelationLossDefinition<Options extends object, Parameters extends LossParameters>
  extends LossDefinition<Options, Parameters> {
  /** May candidates come from earlier batches? Yes unless said otherwise, or the loss needs whole batches. */
  readonly memory?: boolean;
  /** What it must know beside the two masks, for some options or for all; nothing where absent. */
  readonly needs?: readonly RelationKnowledge[] | ((options: Readonly<Options>) => readonly RelationKnowledge[]);
  /**
   * Terms, the first axis the anchors, and which of them count. Called inside `tf.tidy`. Shapes follow from the batch's shapes alone. Weights of
   * anchors are applied to what it returns.
   */
  compute(batch: RelationBatch, options: Readonly<Options>, parameters: Parameters): LossTerms;
}

/**
 * Makes the factory of a relation loss: `(options?) => RelationLoss`. Every loss also takes the option `reducer`.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with those that there are, and for what an option's check rejects
 */
export function defineRelationLoss<Options extends object, Parameters extends LossParameters = LossParameters>(
  definition: RelationLossDefinition<Options, Parameters>,
): (options?: LossOptions<Options>) => RelationLoss<Parameters> {
  return (given) => {
    const [facts, options] = declaredLoss(definition, given);
    return {
      ...facts,
      reads: "relations",
      needs: forOptions(definition.needs, options),
      memory: !facts.wholeBatch && definition.memory !== false,
      compute(batch, parameters) {
        // Authors call it in their tests. One mask is looked at for all: a loss is to stay small.
        if (!batch?.similar) reject(facts.name, "given pairs", batch);
        return weighted(definition.compute(batch, options, parameters), batch.weights);
      },
    };
  };
}
