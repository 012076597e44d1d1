import type { Loss, LossParameters, LossTerms } from "@quaterion/core/training";
import { lossRatios, sumOfRatios } from "@quaterion/testing";
import type { Scalar } from "@tensorflow/tfjs-core";

/** A loss as one number, as `fit` makes it. */
export function lossNumber<Batch, Parameters extends LossParameters>(
  loss: Pick<Loss, "reducer"> & { compute(batch: Batch, parameters: Parameters): LossTerms },
  batch: Batch,
  ...[parameters]: LossParameters extends Parameters ? [Parameters?] : [Parameters]
): Scalar {
  return sumOfRatios(lossRatios(loss.compute(batch, (parameters ?? {}) as Parameters), loss.reducer));
}
