import { InvalidArgumentError, nonNegativeNumber, shown } from "@quaterion/core";
import type { ClassLoss, LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandTensors } from "./loss-definition.js";

/**
 * A class loss in which a sample of class c counts as often as `weights[c]` says: `classWeighted(arcFace(), counts.map((count) => 1 / count))`.
 * A mean divides by the weights, so only their ratios matter.
 *
 * It wraps the loss instead of being a reducer (pytorch-metric-learning's ClassWeightedReducer, which divides by the number of terms): a reducer
 * sees terms, not classes. A relation loss sees no classes either; there the anchors' weights are the batch's `weights`.
 * Use it when classes are of very different size and the small ones count as much.
 * @param weights of each class of the label space, by class number; 0 leaves a class out
 * @throws {InvalidArgumentError} when `loss` reads no classes, a weight is not a finite number of 0 or more, or, once the label space is known, there
 * are not as many weights as classes
 */
export function classWeighted<Parameters extends LossParameters>(
  loss: ClassLoss<Parameters>,
  weights: readonly number[],
): ClassLoss<Parameters> {
  if (typeof loss !== "object" || loss === null || loss.reads !== "classes") {
    throw new InvalidArgumentError(`\`classWeighted.loss\` must be a loss on classes, such as arcFace(); received ${shown(loss)}.`);
  }
  if (!Array.isArray(weights) || weights.length === 0) {
    throw new InvalidArgumentError(`\`classWeighted.weights\` must be an array of one weight for each class; received ${shown(weights)}.`);
  }
  weights.forEach((weight, i) => {
    nonNegativeNumber(weight, `classWeighted.weights[${i}]`);
  });
  return {
    ...loss,
    name: `classWeighted(${loss.name})`,
    config: { loss: loss.name, options: loss.config ?? {}, weights: [...weights] },
    ...(loss.parameters && {
      parameters(sizes, random) {
        if (sizes.classes !== weights.length) {
          throw new InvalidArgumentError(
            `\`classWeighted.weights\` has ${weights.length} weights; the label space has ${sizes.classes} classes. Give one for each class.`,
          );
        }
        return loss.parameters!(sizes, random);
      },
    }),
    compute(batch, parameters) {
      demandTensors("classWeighted", batch, ["classes"]);
      const ofRows = tf.gather(tf.tensor1d([...weights]), batch.classes);
      return loss.compute({ ...batch, weights: batch.weights ? tf.mul(batch.weights, ofRows) : ofRows }, parameters);
    },
  };
}
