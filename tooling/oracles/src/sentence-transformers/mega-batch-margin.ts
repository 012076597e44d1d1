import { megaBatchMargin } from "@quaterion/losses";
import type { LossMapping } from "../mapping.js";
import { stackedCase } from "./common/columns-case.js";

export const mapping: LossMapping = {
  MegaBatchMarginLoss: {
    // How the peer cuts a batch into small ones changes nothing but its memory.
    options: ["positive_margin", "negative_margin", "use_mini_batched_version", "mini_batch_size"],
    say: (golden) => {
      const { positive_margin, negative_margin } = golden.options as { positive_margin?: number; negative_margin?: number };
      const loss = megaBatchMargin({ positiveMargin: positive_margin, negativeMargin: negative_margin });
      const said = stackedCase(golden, loss, (i, j) => (i === j ? 1 : -1));
      const [, positives] = golden.inputs.columns;
      const tied = new Set(positives!.map(String)).size < positives!.length;
      return tied
        ? { ...said, equalRowsShare: true, differs: "negatives that tie for the hardest share what the peer gives to the first" }
        : said;
    },
  },
};
