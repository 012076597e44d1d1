import * as tf from "@tensorflow/tfjs-core";
import { magnitudes } from "./magnitudes.js";
import { unitVectors } from "./unit-vectors.js";

/**
 * AnglE's likeness of row i of both, `[pairs]`: a row is read as complex numbers, its first half the real parts, its second the imaginary ones, and
 * the parts of first / second, both brought to length 1, are added up: |Σ_k Re + Im|. 1 for equal rows; 0, with gradient 0, where one is zero.
 *
 * With a = first, c = second: |cos(a, c) + (Im a · Re c − Re a · Im c) / (|a| |c|)|, so it depends on which of the two comes first. An odd dimension
 * is filled up with a 0.
 */
export function pairedAngles(first: tf.Tensor2D, second: tf.Tensor2D): tf.Tensor1D {
  const [pairs, dim] = first.shape;
  const half = Math.ceil(dim / 2);
  const halves = (rows: tf.Tensor2D): [real: tf.Tensor2D, imaginary: tf.Tensor2D] => {
    const units = unitVectors(rows);
    const even = dim % 2 === 0 ? units : tf.concat([units, tf.zeros<tf.Rank.R2>([pairs, 1])], 1);
    return [tf.slice(even, [0, 0], [-1, half]), tf.slice(even, [0, half], [-1, half])];
  };
  const [a, b] = halves(first);
  const [c, d] = halves(second);
  // Re = ac + bd, Im = bc − ad: a (c − d) + b (c + d).
  const turned = tf.sum(tf.add(tf.mul(a, tf.sub(c, d)), tf.mul(b, tf.add(c, d))), 1);
  return magnitudes(turned) as tf.Tensor1D;
}
