import { type Check, nonNegativeNumber, reject } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type ClassPrototypes, classPrototypes } from "./class-prototypes.js";
import { classMask } from "./class-softmax.js";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineClassLoss } from "./define-class-loss.js";
import { detach } from "./detach.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";

/** Past this the random walk goes so far that float32 can't tell the similarities apart. */
const longestWalk = 0.99;

const walkOption: Check<number> = (value, argument) =>
  typeof value === "number" && value > 0 && value <= longestWalk
    ? value
    : reject(argument, `a number above 0, up to ${longestWalk}`, value);

/**
 * Manifold similarity loss: each sample shall be nearer to its class's learned prototype than to the others, measured along the data: by a random
 * walk over the graph of the batch and the prototypes.
 * S = exp(2 max(0, cosine)) between different rows, S̄ = D^−½ S D^−½ with D its row sums, F = (1 − walk) (I − walk · S̄)⁻¹. Per sample i of class y, over
 * the other classes k whose prototype is too near: log(1 + Σ_k exp(F_ik − F_iy + margin)), plus contextWeight times the same of C, the cosines of the
 * rows of F; too near is F_ik − F_iy + margin ≥ 0. The mean over samples that have a class; those without are left out of the graph. Needs whole batches.
 *
 * Options: `walk` α (0.8; up to 0.99), `margin` (0.0005), `contextWeight` λ (1). Learns `prototypes [classes, dim]`, one set per label space. Memory and
 * products are (batch + classes)²: for up to a few thousand. (The paper groups classes at random into meta-classes, one ensemble member for each grouping;
 * for that, number the meta-classes.)
 * Use it where classes are long, bent regions in which the nearest neighbour is right and the class's mean is not.
 *
 * Aziere & Todorovic, "Ensemble deep manifold similarity learning using hard proxies", CVPR 2019, eq. 3 to 8.
 * @throws {InvalidArgumentError} when `walk` is not above 0 and at most 0.99, or `margin` or `contextWeight` is below 0
 */
export const manifold = defineClassLoss<{ walk: number; margin: number; contextWeight: number }, ClassPrototypes>({
  name: "manifold",
  defaults: { walk: 0.8, margin: 5e-4, contextWeight: 1 },
  check: { walk: walkOption, margin: nonNegativeNumber, contextWeight: nonNegativeNumber },
  wholeBatch: true,
  parameters: classPrototypes,
  compute({ embeddings, classes, weights }, { walk, margin, contextWeight }, { prototypes }) {
    const target = classMask(classes, prototypes.shape[0]!); // [batch, classes]
    const [batch, count] = target.shape;
    const has = tf.sum<tf.Tensor1D>(target, 1); // [batch]
    const rows: tf.Tensor2D = tf.concat([embeddings, prototypes as tf.Tensor2D], 0); // [nodes, dim]
    const present: tf.Tensor1D = tf.concat<tf.Tensor1D>([has, tf.ones([count])], 0);
    const reached = walked(rows, present, walk); // F, [nodes, nodes]
    const ofSamples = tf.slice(reached, [0, 0], [batch, -1]);
    const ofPrototypes = tf.slice(reached, [batch, 0], [count, -1]);
    const loss = (similarities: tf.Tensor2D) => {
      const own = tf.sum(tf.mul(target, similarities), 1, true);
      const excess: tf.Tensor2D = tf.add(tf.sub(similarities, own), margin);
      const tooNear = tf.mul(tf.sub(1, target), tf.sub(1, tf.cast(tf.less(detach(excess), 0), "float32"))); // a NaN too, so that it shows
      return tf.squeeze(tf.softplus(maskedLogSumExp(excess, tooNear as tf.Tensor2D)), [1]); // [batch]
    };
    const intrinsic = loss(tf.slice(ofSamples, [0, batch], [-1, -1]));
    const terms = tf.add(intrinsic, tf.mul(contextWeight, loss(cosineSimilarities(ofSamples, ofPrototypes))));
    return { terms: tf.mul(has, terms), counted: weights ? tf.mul(has, weights) : has };
  },
});

/** (1 − walk) (I − walk · S̄)⁻¹ of the rows that are present. */
function walked(rows: tf.Tensor2D, present: tf.Tensor1D, walk: number): tf.Tensor2D {
  const size = rows.shape[0];
  const edges = tf.mul(tf.outerProduct(present, present), tf.sub(1, tf.eye(size)));
  const similarities = tf.mul(edges, tf.exp(tf.mul(2, tf.relu(cosineSimilarities(rows, rows)))));
  const degrees = tf.sum(similarities, 1);
  const alone = tf.cast(tf.equal(detach(degrees), 0), "float32");
  const scale = tf.rsqrt(tf.add(degrees, alone));
  const normalized: tf.Tensor2D = tf.mul(tf.mul(similarities, tf.expandDims(scale, 1)), tf.expandDims(scale, 0));
  return tf.mul(1 - walk, inverseOfRest(tf.mul(walk, normalized), walk));
}

/**
 * (I − A)⁻¹ for A whose eigenvalues are at most `radius` < 1 in size: Π_j (I + A^(2^j)), which is Σ_k Aᵏ, as far as float32 can tell.
 * Gradient: with X the inverse, Xᵀ dX Xᵀ.
 */
function inverseOfRest(matrix: tf.Tensor2D, radius: number): tf.Tensor2D {
  const factors = Math.max(1, Math.ceil(Math.log2(Math.log(1e-9) / Math.log(radius))));
  const operation = tf.customGrad<tf.Tensor2D>((input, save) => {
    let power = input as tf.Tensor2D;
    const identity = tf.eye(power.shape[0]);
    let inverse: tf.Tensor2D = tf.add(identity, power);
    for (let factor = 1; factor < factors; factor++) {
      power = tf.matMul(power, power);
      inverse = tf.add(inverse, tf.matMul(inverse, power));
    }
    (save as tf.GradSaveFunc)([inverse]);
    const gradFunc = (dy: tf.Tensor2D, [x]: tf.Tensor[]) =>
      tf.matMul(tf.matMul(x as tf.Tensor2D, dy, true, false), x as tf.Tensor2D, false, true);
    return { value: inverse, gradFunc };
  });
  return operation(matrix);
}
