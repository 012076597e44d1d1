import { anglE } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { lossNumber } from "../loss-number.js";
import type { LossMapping } from "../mapping.js";
import { columnsCase } from "./common/columns-case.js";

export const mapping: LossMapping = {
  AnglELoss: {
    options: ["scale"],
    // Of several partners the first has the score (1 unless told), the others what is left of it to 1: pairs like any others.
    say: (golden) =>
      columnsCase(golden, (first, ...partners) => {
        const { labels } = golden.inputs as { labels?: readonly number[] };
        const scores = first!.arraySync().map((_, i) => labels?.[i] ?? 1);
        return lossNumber(anglE(golden.options as { scale?: number }), {
          first: tf.concat(partners.map(() => first!)),
          second: tf.concat(partners),
          scores: tf.tensor1d(partners.flatMap((_, k) => (k === 0 ? scores : scores.map((score) => 1 - score)))),
        });
      }),
  },
};
