import { p2sGrad } from "@quaterion/losses";
import type { Rows } from "../golden-case.js";
import type { LossMapping } from "../mapping.js";
import { classCase } from "./common/class-case.js";

export const mapping: LossMapping = {
  P2SGradLoss: {
    options: ["descriptors_dim", "num_classes"],
    say: (golden) => {
      const said = classCase(golden, p2sGrad(), { prototypes: { weight: "weight", transposed: true } });
      const [embeddings, { values, gradient }] = said.inputs as [(typeof said.inputs)[0], { values: Rows; gradient: Rows }];
      return {
        ...said,
        inputs: [embeddings, { values: unit(values), gradient: across(unit(values), gradient) }],
        factor: 2 / values.length, // the peer averages over the classes too, and has no half
        differs:
          "the peer scales its weights to length 1 outside the gradient, which so has a part along the weights that eq. 11 does not have",
      };
    },
  },
};

function unit(rows: Rows): Rows {
  return rows.map((row) => row.map((x) => x / Math.hypot(...row)));
}

/** What of each gradient is at right angles to its row. */
function across(units: Rows, gradients: Rows): Rows {
  return gradients.map((gradient, i) => {
    const along = gradient.reduce((sum, g, k) => sum + g * units[i]![k]!, 0);
    return gradient.map((g, k) => g - along * units[i]![k]!);
  });
}
