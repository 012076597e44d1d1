import { dynamicSoftMargin, unitEuclideanDistances } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import { lossNumber } from "../loss-number.js";
import { type LossMapping, Uncovered } from "../mapping.js";
import { labelRelation, pairMasks } from "../pair-masks.js";

export const mapping: LossMapping = {
  DynamicSoftMarginLoss: {
    options: ["min_val", "num_bins", "momentum"],
    say: (golden) => {
      if (golden.steps) throw new Uncovered("a histogram that runs on from batch to batch: a loss has no memory");
      const { min_val = -2, num_bins = 10 } = golden.options as { min_val?: number; num_bins?: number };
      // Distances of unit vectors differ by 2 at most. A range that is wider has the same weights where its borders fall on ours.
      const width = (2 * Math.abs(min_val)) / num_bins;
      const loss = dynamicSoftMargin({ negatives: "every", lowest: min_val, bins: num_bins });
      const { embeddings, labels } = golden.inputs;
      const masks = () => pairMasks(labels.length, labels.length, (i, j) => (i === j ? 0 : labelRelation(labels[i]!, labels[j]!)));
      return {
        inputs: [{ values: embeddings, gradient: golden.grads["embeddings"]! }],
        value: (rows) => {
          const anchors = rows as tf.Tensor2D;
          const { similar, dissimilar } = masks();
          const ours = lossNumber(loss, { anchors, candidates: anchors, similar, dissimilar });
          return tf.add(ours, ofHistogram(unitEuclideanDistances(anchors, anchors), similar, dissimilar, min_val, width));
        },
        differs: "the peer differentiates the histogram that the weights are read from; the authors' code takes the weights as constants",
      };
    },
  },
};

/**
 * 0, with the gradient that the peer's histogram adds: an x in bin b moves count from node b to b + 1, and with it the weight of every x in b:
 * −Σ_{x in b} x / (width · T²), T triplets.
 */
function ofHistogram(distances: tf.Tensor2D, similar: tf.Tensor2D, dissimilar: tf.Tensor2D, lowest: number, width: number): tf.Scalar {
  const kept = tf.mul(tf.expandDims(similar, 2), tf.expandDims(dissimilar, 1));
  const gaps = tf.sub(tf.expandDims(distances, 2), tf.expandDims(distances, 1)); // [anchor, positive, negative]
  const [values, isKept] = [[...gaps.dataSync()], [...kept.dataSync()]];
  const bins = values.map((x) => Math.floor((x - lowest) / width));
  const masses = new Map<number, number>();
  for (const [at, bin] of bins.entries()) masses.set(bin, (masses.get(bin) ?? 0) + isKept[at]! * values[at]!);
  const triplets = isKept.reduce((a, b) => a + b);
  const slopes = bins.map((bin, at) => (-isKept[at]! * masses.get(bin)!) / (width * triplets ** 2));
  return tf.sum(tf.mul(tf.tensor(slopes, gaps.shape), tf.sub(gaps, tf.tensor(values, gaps.shape))));
}
