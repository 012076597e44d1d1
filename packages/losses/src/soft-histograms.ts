import * as tf from "@tensorflow/tfjs-core";

/** Equal bins between two numbers; their `bins` + 1 borders are the nodes of a soft histogram. */
export interface HistogramRange {
  readonly lowest: number;
  readonly highest: number;
  readonly bins: number;
}

/**
 * A soft histogram of each row, `[batch, bins + 1]`: a value between two nodes is shared by them, to each the more the nearer it is, so that the
 * counts have a gradient. Node t gets Σ mask · max(0, 1 − |value − t| / width of a bin).
 * One node after the other, and again for the gradient: memory does not grow with the number of bins.
 * @param mask 0/1, or weights, of the shape of `values`; a constant
 */
export function softHistograms(values: tf.Tensor2D, mask: tf.Tensor2D, { lowest, highest, bins }: HistogramRange): tf.Tensor2D {
  const width = (highest - lowest) / bins;
  const nodes = Array.from({ length: bins + 1 }, (_, i) => lowest + i * width);
  const operation = tf.customGrad<tf.Tensor2D>((input, save) => {
    const x = input as tf.Tensor2D;
    const counts = nodes.map((node) => tf.tidy(() => tf.sum(tf.mul(mask, tf.relu(tf.sub(1, tf.div(tf.abs(tf.sub(x, node)), width)))), 1)));
    // The mask is saved too: the forward pass may dispose it before the gradient is asked for.
    (save as tf.GradSaveFunc)([x, mask]);
    const gradFunc = (dy: tf.Tensor2D, [kept, through]: tf.Tensor[]) => {
      const flows = nodes.map((node, i) => {
        const offset = tf.sub(kept!, node);
        const within = tf.cast(tf.less(tf.abs(offset), width), "float32");
        return tf.mul(tf.slice(dy, [0, i], [-1, 1]), tf.mul(within, tf.sign(offset)));
      });
      return tf.mul(
        through!,
        tf.div(
          flows.reduce((sum, flow) => tf.add(sum, flow)),
          -width,
        ),
      );
    };
    return { value: tf.stack(counts, 1) as tf.Tensor2D, gradFunc };
  });
  return operation(values);
}
