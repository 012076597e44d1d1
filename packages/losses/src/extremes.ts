import * as tf from "@tensorflow/tfjs-core";

/** Above any distance that float32 embeddings have, and small enough that adding it to one loses nothing that matters. */
const far = 1e9;

/** Each anchor's least distance of those that a mask lets through, `[batch, 1]`; 1e9 where there is none. */
export function least(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.min(tf.add(tf.mul(distances, mask), tf.mul(far, tf.sub(1, mask))), 1, true);
}

/** Each anchor's greatest distance of those that a mask lets through, `[batch, 1]`; −1e9 where there is none. */
export function greatest(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.max(tf.sub(tf.mul(distances, mask), tf.mul(far, tf.sub(1, mask))), 1, true);
}

/** What a mask lets through at each anchor's least distance; all that tie. */
export function nearest(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(mask, tf.cast(tf.lessEqual(distances, least(distances, mask)), "float32"));
}

/** What a mask lets through at each anchor's greatest distance; all that tie. */
export function farthest(distances: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(mask, tf.cast(tf.greaterEqual(distances, greatest(distances, mask)), "float32"));
}
