// tfjs-core comes first: what registers gradients must find its engine there, not make one of its own.
import * as tf from "@tensorflow/tfjs-core";

import "@quaterion/tfjs-backend-onnxruntime/gradients";

import "@tensorflow/tfjs-backend-cpu";

/**
 * Makes TensorFlow.js ready for a law, or for a test of your own: gradients are registered (on Node tfjs-core alone has none) and its plain
 * JavaScript backend is the one in use, unless the caller has chosen another by its name.
 */
export async function useEngine(backend = "cpu"): Promise<void> {
  if (tf.getBackend() !== backend) await tf.setBackend(backend);
  await tf.ready();
  // At its first tensor, the plain JavaScript backend would print, among the laws, that another one is faster.
  const plain = tf.backend() as tf.KernelBackend & { firstUse?: boolean };
  if (plain.firstUse === true) plain.firstUse = false;
}
