import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";

/** 1 − cosine similarity of each anchor and each candidate, from 0 to 2, `[batch, candidates]`. */
export function cosineDistances(anchors: tf.Tensor2D, candidates: tf.Tensor2D): tf.Tensor2D {
  return tf.add(1, cosineSimilarities(anchors, candidates, -1));
}
