import * as tf from "@tensorflow/tfjs-core";

/** Rows of both sides of pairs, `[pairs, dim]` each. */
export interface BothSides {
  readonly first: tf.Tensor2D;
  readonly second: tf.Tensor2D;
}

/**
 * Σ_k (x_k − t_k)² / dim of each row of both sides, `[pairs, 2]`. One operation, since a step of few numbers takes as long as it has nodes: its gradient
 * is the difference times 2 / dim.
 */
export function squaredErrors({ first, second }: BothSides, teacher: BothSides): tf.Tensor2D {
  const operation = tf.customGrad<tf.Tensor2D>((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const [a, b] = args as tf.Tensor[];
    const differences = [tf.sub(a!, teacher.first), tf.sub(b!, teacher.second)];
    save(differences);
    return {
      value: tf.concat(
        differences.map((each) => tf.mean<tf.Tensor2D>(tf.mul(each, each), 1, true)),
        1,
      ),
      gradFunc: (dy: tf.Tensor2D, kept: tf.Tensor[]) => {
        const flows = tf.split(tf.mul(2 / first.shape[1], dy), 2, 1);
        return kept.map((each, side) => tf.mul(each, flows[side]!));
      },
    };
  });
  return operation(first, second);
}
