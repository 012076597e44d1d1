import type { TraceToOnnx } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { tensorsOf } from "./tensors-of.js";

/** Traces a function of weights and inputs to an ONNX model; the weights stand in it as constants, under their names where those are free. */
export const traceWeights: TraceToOnnx = async (fn, weights, inputs, metadata) => {
  const { traceToOnnx } = await import("@quaterion/tfjs-backend-onnxruntime");
  const before = tf.getBackend();
  await tf.setBackend("onnxruntime");
  const taken = tf.engine().registeredVariables;
  const constants: Record<string, tf.Tensor> = {};
  try {
    for (const [name, tensor] of Object.entries(tensorsOf(weights))) {
      constants[name] = tf.variable(tensor, false, name in taken ? undefined : name);
      tensor.dispose();
    }
    return await traceToOnnx((...tensors) => fn(constants, ...tensors), inputs, { producer: { name: "@quaterion/trainer" }, metadata });
  } finally {
    tf.dispose(constants);
    if (before) await tf.setBackend(before);
  }
};
