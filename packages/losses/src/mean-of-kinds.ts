import { checkOptions, InvalidArgumentError } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { mean } from "./mean.js";
import { reducerValue } from "./reducer-value.js";
import { needsWholeBatch, type WholeBatchReducer } from "./whole-batch-reducer.js";

export interface MeanOfKindsOptions {
  /** How the terms of one kind are reduced; `mean()` unless given. */
  each?: Reducer;
}

/**
 * Each kind of term (similar pairs, dissimilar pairs) reduced apart, then added: neither drowns in the number of the other. For losses whose terms
 * are `[batch, kinds, …]`, such as `contrastive`.
 * @throws {InvalidArgumentError} when the loss has no kinds
 */
export function meanOfKinds(options: MeanOfKindsOptions = {}): Reducer & Partial<WholeBatchReducer> {
  checkOptions("meanOfKinds", options, { each: reducerValue });
  const { each = mean() } = options;
  return {
    name: `meanOfKinds(${each.name})`,
    ...(needsWholeBatch(each) && { wholeBatch: true }),
    reduce(terms, counted) {
      const kinds = terms.shape[1];
      if (kinds === undefined) {
        throw new InvalidArgumentError(
          "`reducer` meanOfKinds needs a loss whose terms are [batch, kinds, …]; this one's are [batch]. Use mean().",
        );
      }
      const ofKind = (values: tf.Tensor, kind: number) => tf.gather(values, tf.tensor1d([kind], "int32"), 1);
      return Array.from({ length: kinds }, (_, kind) => each.reduce(ofKind(terms, kind), ofKind(counted, kind))).flat();
    },
  };
}
