import * as tf from "@tensorflow/tfjs-core";
import { type Case, transformerSize } from "./cases.js";

type Arrays = Readonly<Record<string, tf.Tensor>>;

/** The loss of a case, from its inputs and weights. */
export function lossOf(one: Case, inputs: Arrays, weights: Arrays, masks: Masks | undefined): tf.Scalar {
  switch (one.program) {
    case "head":
      return inBatchSoftmax(head(inputs["rows"] as tf.Tensor2D, weights), inputs["rows"]!.shape[0]! / 2);
    case "supCon":
      return supCon(head(inputs["rows"] as tf.Tensor2D, weights), masks!);
    case "transformer":
      return inBatchSoftmax(transformer(inputs["tokens"]!, weights), transformerSize.sentences / 2);
  }
}

const dense = (x: tf.Tensor, weights: Arrays, name: string) => tf.add(tf.matMul(x, weights[name]!), weights[`${name}Bias`]!);

function unit(x: tf.Tensor2D): tf.Tensor2D {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.mul(x, x), 1, true), 1e-12)));
}

/** x → (value(x) ⊙ σ(gate(x))) · out, of length 1. */
function head(rows: tf.Tensor2D, weights: Arrays): tf.Tensor2D {
  const gated = tf.mul(dense(rows, weights, "value"), tf.sigmoid(dense(rows, weights, "gate")));
  return unit(dense(gated, weights, "out") as tf.Tensor2D);
}

/** Row i of the first `pairs` belongs to row `pairs` + i; cosine times 20. */
function inBatchSoftmax(embeddings: tf.Tensor2D, pairs: number): tf.Scalar {
  const anchors = tf.slice(embeddings, [0, 0], [pairs, -1]);
  const positives = tf.slice(embeddings, [pairs, 0], [pairs, -1]);
  const logits = tf.mul(tf.matMul(anchors, positives, false, true), 20);
  const own = tf.mul(tf.sum(tf.mul(anchors, positives), 1), 20);
  // Cosines are at most 1, so exponents are at most 0.
  const every = tf.add(tf.log(tf.sum(tf.exp(tf.sub(logits, 20)), 1)), 20);
  return tf.mean(tf.sub(every, own));
}

/** 0/1 masks of SupCon, `[rows, rows]`. */
export interface Masks {
  readonly similar: tf.Tensor2D;
  readonly others: tf.Tensor2D;
}

/** 256 labels in turn: row i has label i mod 256. */
export function supConMasks(rows: number): Masks {
  const similar = new Float32Array(rows * rows);
  const others = new Float32Array(rows * rows).fill(1);
  for (let i = 0; i < rows; i++) {
    others[i * rows + i] = 0;
    for (let j = i % 256; j < rows; j += 256) if (j !== i) similar[i * rows + j] = 1;
  }
  return { similar: tf.tensor2d(similar, [rows, rows]), others: tf.tensor2d(others, [rows, rows]) };
}

function supCon(embeddings: tf.Tensor2D, { similar, others }: Masks): tf.Scalar {
  const logits = tf.mul(tf.matMul(embeddings, embeddings, false, true), 10);
  // Cosines are at most 1, so exponents are at most 0.
  const all = tf.add(tf.log(tf.sum(tf.mul(tf.exp(tf.sub(logits, 10)), others), 1)), 10);
  const positive = tf.div(tf.sum(tf.mul(logits, similar), 1), tf.sum(similar, 1));
  return tf.mean(tf.sub(all, positive));
}

/** x · Φ(x), with its gradient written out as in `@quaterion/encoders`. */
function gelu(x: tf.Tensor): tf.Tensor {
  const unit = tf.customGrad((...args) => {
    const [input, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const scaled = tf.mul(input, Math.SQRT1_2);
    const share = tf.mul(tf.add(tf.erf(scaled), 1), 0.5);
    save([scaled, share]);
    return {
      value: tf.mul(input, share),
      gradFunc: (dy, saved) => {
        const [scaled, share] = saved as [tf.Tensor, tf.Tensor];
        const density = tf.mul(tf.div(scaled, tf.exp(tf.mul(scaled, scaled))), 1 / Math.sqrt(Math.PI));
        return tf.mul(dy, tf.add(share, density));
      },
    };
  });
  return unit(x);
}

/** Layer norm of each row, with its gradient written out as in `@quaterion/encoders`. */
function layerNorm(x: tf.Tensor, weights: Arrays, name: string): tf.Tensor {
  const norm = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub(input, tf.mean(input, 1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.mul(centred, centred), 1, true), 1e-12));
    const scaled = tf.mul(centred, inverse);
    save([scaled, inverse, scale]);
    return {
      value: tf.add(tf.mul(scaled, scale), shift),
      gradFunc: (dy, saved) => {
        const [scaled, inverse, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const g = tf.mul(dy, scale);
        const rest = tf.sub(tf.sub(g, tf.mean(g, 1, true)), tf.mul(scaled, tf.mean(tf.mul(g, scaled), 1, true)));
        return [tf.mul(rest, inverse), tf.sum(tf.mul(dy, scaled), 0), tf.sum(dy, 0)];
      },
    };
  });
  return norm(x, weights[name]!, weights[`${name}Bias`]!);
}

/** Layers of BERT's kind over token vectors `[sentences, tokens, width]`; the mean over tokens, of length 1. */
function transformer(tokens: tf.Tensor, weights: Arrays): tf.Tensor2D {
  const { layers, width, heads, sentences, tokens: length } = transformerSize;
  const each = width / heads;
  const split = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [sentences, length, heads, each]), [0, 2, 1, 3]);
  let x = tf.reshape(tokens, [sentences * length, width]);
  for (let l = 0; l < layers; l++) {
    const projected = (name: string) => {
      const straight = dense(x, weights, `${l}.${name}`);
      const [a, b] = [weights[`${l}.${name}A`], weights[`${l}.${name}B`]];
      return a && b ? tf.add(straight, tf.mul(tf.matMul(tf.matMul(x, a), b), 2)) : straight;
    };
    const scores = tf.mul(tf.matMul(split(projected("query")), split(projected("key")), false, true), 1 / Math.sqrt(each));
    const attended = tf.transpose(tf.matMul(tf.softmax(scores), split(projected("value"))), [0, 2, 1, 3]);
    x = layerNorm(tf.add(x, dense(tf.reshape(attended, [sentences * length, width]), weights, `${l}.attended`)), weights, `${l}.norm1`);
    const inner = dense(gelu(dense(x, weights, `${l}.up`)), weights, `${l}.down`);
    x = layerNorm(tf.add(x, inner), weights, `${l}.norm2`);
  }
  return unit(tf.mean(tf.reshape(x, [sentences, length, width]), 1) as tf.Tensor2D);
}
