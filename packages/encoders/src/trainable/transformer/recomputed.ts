import * as tf from "@tensorflow/tfjs-core";

/**
 * A part of a network whose states between input and output are not kept for the gradient: they are computed again when the gradient reaches the part
 * (Chen, Xu, Zhang & Guestrin, "Training deep nets with sublinear memory cost", 2016). Value and gradient are those of `forward` itself.
 *
 * An engine that runs a whole step as one graph may order its nodes as it likes, and merges equal ones. So what is computed again has an input that
 * waits for the incoming gradient, and the gradient handed on waits for those of the weights: one part at a time is in memory, on any engine.
 * @param inputs all tensors that gradients are wanted of: the input first, then weights. `forward` gets them in this order.
 */
export function recomputed<Output extends tf.Tensor>(
  forward: (...inputs: tf.Tensor[]) => Output,
  inputs: readonly [tf.Tensor, ...tf.Tensor[]],
): Output {
  return tf.customGrad((...given) => {
    const save = given.pop() as tf.GradSaveFunc;
    const tensors = given as tf.Tensor[];
    save(tensors.filter((tensor) => !(tensor instanceof tf.Variable)));
    return {
      value: forward(...tensors),
      gradFunc(incoming: Output, saved: tf.Tensor[]): tf.Tensor[] {
        const kept = [...saved];
        const [first, ...others] = tensors.map((tensor) => (tensor instanceof tf.Variable ? tensor : kept.shift()!));
        const late = tf.add(first!, nothingOf([incoming]));
        const [own, ...ofOthers] = gradientsOf(forward, [late, ...others], incoming);
        return [ofOthers.length > 0 ? tf.add(own!, nothingOf(ofOthers)) : own!, ...ofOthers];
      },
    };
  })(...inputs) as Output;
}

/** `tf.grads` within a gradient: tfjs-core has one tape at a time, which the inner call would throw away. */
function gradientsOf<Output extends tf.Tensor>(
  forward: (...inputs: tf.Tensor[]) => Output,
  inputs: readonly tf.Tensor[],
  incoming: Output,
): tf.Tensor[] {
  const { state } = tf.engine();
  const outer = state.activeTape;
  try {
    return tf.grads((...given: tf.Tensor[]) => forward(...given))([...inputs], incoming);
  } finally {
    state.activeTape = outer;
  }
}

/** 0, as a scalar that is known when the tensors are. */
function nothingOf(tensors: readonly tf.Tensor[]): tf.Tensor {
  const firsts = tensors.map((tensor) =>
    tf.reshape(
      tf.slice(
        tensor,
        tensor.shape.map(() => 0),
        tensor.shape.map(() => 1),
      ),
      [1],
    ),
  );
  return tf.mul(tf.sum(firsts.length === 1 ? firsts[0]! : tf.concat(firsts)), 0);
}
