import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { registerGradient, unregisterGradient } from "@tensorflow/tfjs-core";
import { sumAndMean } from "./gradients/sum-and-mean.js";

for (const gradient of sumAndMean) {
  unregisterGradient(gradient.kernelName);
  registerGradient(gradient);
}
