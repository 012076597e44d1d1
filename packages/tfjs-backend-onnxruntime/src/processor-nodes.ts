import { sameShape } from "./element-arrays.js";
import type { RecordedNode } from "./value.js";

/** Functions that lose NaN, and make numbers of what lies outside of their domain, in WebGPU's shading language. Nobody trains through them. */
const notFinite: readonly string[] = ["Acosh", "Asinh", "Atanh"];

/**
 * Must a node run on the processor although the rest of its graph runs on WebGPU? ONNX Runtime's provider (1.30) takes nodes that it then refuses when they run
 * (positions of maxima, transposed convolutions in three dimensions), and computes some wrongly (transposed convolutions of groups that make one channel of
 * several; a filter as large as the image, of which it makes one product, whatever padding lies behind).
 */
export function runsOnProcessor({ op, kernel, inputs, outputs, attributes }: RecordedNode): boolean {
  const [x, filter] = inputs;
  switch (op) {
    case "MaxPool":
      return outputs.length > 1;
    case "ConvTranspose":
      return x!.shape.length > 4 || filter!.shape[1]! < filter!.shape[0]!;
    case "Conv": {
      const space = x!.shape.slice(2);
      const pads = attributes!["pads"]!.value as readonly number[];
      const isPaddedBehind = pads.some((size) => size > 0) && pads.slice(0, space.length).every((size) => size === 0);
      return isPaddedBehind && sameShape(filter!.shape.slice(2), space);
    }
    case "Clip":
      // It leaves NaN as it is, which WebGPU's does not; angles of infinite sides need both.
      return kernel === "Atan2";
    default:
      return notFinite.includes(kernel) && op === kernel;
  }
}
