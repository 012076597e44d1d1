import { guidedNegatives } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { Rows } from "../golden-case.js";
import { lossNumber } from "../loss-number.js";
import type { LossMapping } from "../mapping.js";
import { pairMasks } from "../pair-masks.js";
import { columnsCase } from "./common/columns-case.js";
import { rankingBatch } from "./common/ranking-batch.js";

export const mapping: LossMapping = {
  GISTEmbedLoss: {
    options: ["temperature", "margin", "margin_strategy", "contrast_anchors", "contrast_positives"],
    say: (golden) => {
      const o = golden.options as {
        temperature?: number;
        margin?: number;
        margin_strategy?: "absolute" | "relative";
        contrast_anchors?: boolean;
        contrast_positives?: boolean;
      };
      const loss = guidedNegatives({
        temperature: o.temperature,
        margin: o.margin,
        marginStrategy: o.margin_strategy,
        contrastAnchors: o.contrast_anchors,
        contrastCandidates: o.contrast_positives,
      });
      const [guideQueries, ...guideDocuments] = golden.inputs.guide_columns!.map((rows: Rows) => rows.map((row) => [...row]));
      return columnsCase(golden, (queries, ...documents) => {
        const batch = rankingBatch(queries!, documents);
        const [count, all] = [queries!.shape[0], batch.candidates.shape[0]];
        return lossNumber(loss, {
          ...batch,
          // The peer contrasts positives with one another, and no negative with them.
          amongCandidates: pairMasks(all, all, (i, j) => (i !== j && i < count && j < count ? -1 : 0)),
          guide: { anchors: tf.tensor2d(guideQueries!), candidates: tf.tensor2d(guideDocuments.flat()) },
        });
      });
    },
  },
};
