import { IncompatibleError, InvalidArgumentError, suggestion } from "@quaterion/core";
import type { Tensor } from "onnxruntime-node";
import { floatsOf, type OnnxRuntime } from "../onnx-session.js";

/** How the states of an image's tokens become one vector: the first token's, or the mean of all. */
export type ImagePooling = "cls" | "mean";

export const imagePoolings: readonly ImagePooling[] = ["cls", "mean"];

/** Outputs that exports call so, the best first. */
const vectors = ["image_embeds", "image_embeddings", "pooler_output", "sentence_embedding", "embeddings"];
const states = ["last_hidden_state", "hidden_states", "feature_maps"];
const scores = /logit|prob|softmax|score|class|label/i;

/**
 * The output to read: the one that was asked for; token states where a pooling was; else the model's own vector.
 * @throws {InvalidArgumentError} when there is none of the name that was asked for
 * @throws {IncompatibleError} when none is known as a vector: class scores, or several that could be
 */
export function imageOutput({ session }: OnnxRuntime, name: string, output: string | undefined, pooled: boolean): string {
  const { outputNames } = session;
  const listed = outputNames.map((one) => `"${one}"`).join(", ");
  if (output !== undefined) {
    if (outputNames.includes(output)) return output;
    throw new InvalidArgumentError(`The model "${name}" has no output "${output}".${suggestion(output, outputNames)} It has ${listed}.`);
  }
  const known = (pooled ? [...states, ...vectors] : [...vectors, ...states]).find((one) => outputNames.includes(one));
  if (known !== undefined) return known;
  const others = outputNames.filter((one) => !scores.test(one));
  if (others.length === 1) return others[0]!;
  throw new IncompatibleError(
    others.length === 0
      ? `The model "${name}" gives class scores alone (${listed}), which say little of images of other classes. Take an export without the classifier (\`optimum-cli export onnx --task feature-extraction\`), or name an output: \`output: ${listed.split(", ")[0]}\`.`
      : `Which output of the model "${name}" is an image's vector? It has ${listed}. Name it: \`output\`.`,
  );
}

/**
 * A vector for each image from what the model gave: [images, dim] as it is, token states [images, tokens, dim] pooled, feature maps
 * [images, dim, height, width] (or [images, height, width, dim] where `channelsLast`) by their mean.
 * @throws {IncompatibleError} when the output has another shape
 */
export function imageVectors(
  { dims, data }: Pick<Tensor, "dims" | "data">,
  images: number,
  { pooling, channelsLast, what }: { pooling: ImagePooling; channelsLast: boolean; what: string },
): { vectors: Float32Array; dim: number } {
  const numbers = floatsOf(data);
  const [count, ...shape] = dims;
  const fits = count === images && shape.every((edge) => edge > 0);
  if (fits && shape.length === 1) return { vectors: numbers, dim: shape[0]! };
  if (fits && shape.length === 2) {
    const [tokens, dim] = shape as [number, number];
    return { vectors: meanOf(numbers, images, tokens, pooling === "cls" ? 1 : tokens, dim, dim, 1), dim };
  }
  if (fits && shape.length === 3) {
    const dim = channelsLast ? shape[2]! : shape[0]!;
    const places = (shape[0]! * shape[1]! * shape[2]!) / dim;
    return { vectors: meanOf(numbers, images, places, places, dim, channelsLast ? dim : 1, channelsLast ? 1 : places), dim };
  }
  throw new IncompatibleError(
    `${what} must have the shape [images, dim], [images, tokens, dim] or [images, dim, height, width]; received [${dims.join(", ")}] for ${images} images.`,
  );
}

/** The mean of the first `taken` of `places` for each image and dimension; `step` from place to place, `stride` from dimension to dimension. */
function meanOf(
  numbers: Float32Array,
  images: number,
  places: number,
  taken: number,
  dim: number,
  step: number,
  stride: number,
): Float32Array {
  const means = new Float32Array(images * dim);
  for (let i = 0; i < images; i++) {
    for (let d = 0; d < dim; d++) {
      let sum = 0;
      const from = i * places * dim + d * stride;
      for (let p = 0; p < taken; p++) sum += numbers[from + p * step]!;
      means[i * dim + d] = sum / taken;
    }
  }
  return means;
}
