import * as tf from "@tensorflow/tfjs-core";

/**
 * The same values as a constant: no gradient flows back through it. The result shares the data of `values` (no copy) and is disposed like any
 * other tensor of the surrounding `tf.tidy`.
 */
export function detach<T extends tf.Tensor>(values: T): T {
  tf.backend().incRef(values.dataId);
  return tf.engine().makeTensorFromTensorInfo(values) as T;
}
