import { checkFewOptions, InvalidArgumentError } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { mean } from "./mean.js";
import { reducerValue } from "./reducer-value.js";

export interface MeanOfKindsOptions {
  /** How the terms of one kind are reduced; `mean()` unless given. */
  each?: Reducer | undefined;
}

/**
 * Each kind of term (similar pairs, dissimilar pairs) reduced apart, then added: neither drowns in the number of the other. For losses that tell
 * `kinds` of their terms, such as `contrastive`.
 * @throws {InvalidArgumentError} (a step) when the loss has no kinds
 */
export function meanOfKinds(options: MeanOfKindsOptions = {}): Reducer {
  checkFewOptions("meanOfKinds", options, { each: reducerValue });
  const { each = mean() } = options;
  return {
    name: `meanOfKinds(${each.name})`,
    wholeBatch: each.wholeBatch,
    reduce(terms, counted, kinds) {
      if (kinds) return kinds.flatMap((kind) => each.reduce(terms, tf.mul(counted, kind)));
      throw new InvalidArgumentError(
        "`reducer` meanOfKinds needs a loss that has kinds of terms, such as contrastive(); this one has none. Use mean().",
      );
    },
  };
}
