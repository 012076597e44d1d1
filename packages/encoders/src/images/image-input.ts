import { IncompatibleError, InvalidArgumentError } from "@quaterion/core";
import { float16FromFloat32 } from "@quaterion/formats";
import type { Tensor } from "onnxruntime-node";
import type { OnnxRuntime } from "../onnx-session.js";
import type { ImageModelSettings } from "./image-settings.js";
import type { ImageSize } from "./image-window.js";

/** The model's one input: [images, 3, height, width], or [images, height, width, 3] where `channelsLast`. */
export interface ImageInput {
  readonly name: string;
  readonly half: boolean;
  readonly channelsLast: boolean;
  /** Images of a run, where the model says how many. */
  readonly images: number | undefined;
  /** Pixels, where the model says how many. */
  readonly height: number | undefined;
  readonly width: number | undefined;
}

/** @throws {IncompatibleError} when the model does not read images of three channels, and nothing else */
export function imageInput({ session }: OnnxRuntime, name: string): ImageInput {
  const wrong = (what: string): never => {
    throw new IncompatibleError(
      `The model "${name}" reads ${what}; an image encoder reads float32 or float16 pixels [images, 3, height, width] and nothing else. ${
        session.inputNames.includes("input_ids")
          ? "It is a model of texts, or of texts and images: take the file of its image part, `vision_model.onnx`."
          : "Export the image encoder alone."
      }`,
    );
  };
  const [input] = session.inputMetadata;
  if (session.inputNames.length !== 1 || !input) return wrong(session.inputNames.join(", "));
  if (!input.isTensor) return wrong(`${input.name}, which is no tensor`);
  const { shape, type } = input;
  const channelsLast = shape.length === 4 && shape[3] === 3 && shape[1] !== 3;
  const [channels, height, width] = channelsLast ? [shape[3], shape[1], shape[2]] : [shape[1], shape[2], shape[3]];
  if (
    (type !== "float32" && type !== "float16") ||
    shape.length !== 4 ||
    (typeof channels === "number" && channels > 0 && channels !== 3)
  ) {
    return wrong(`${input.name}, ${type} [${shape.join(", ")}]`);
  }
  const known = (size: number | string | undefined) => (typeof size === "number" && size > 0 ? size : undefined);
  return { name: input.name, half: type === "float16", channelsLast, images: known(shape[0]), height: known(height), width: known(width) };
}

/**
 * Pixels of what the model reads, by settings and by the model's own word.
 * @throws {InvalidArgumentError} when neither says, or settings leave images of different sizes
 * @throws {IncompatibleError} when the two differ
 */
export function inputSize(
  name: string,
  { height, width }: Pick<ImageInput, "height" | "width">,
  { size, crop }: Pick<ImageModelSettings, "crop"> & { size?: ImageSize | false | undefined },
): { height: number; width: number } {
  const own = height !== undefined && width !== undefined ? { height, width } : undefined;
  let asked: { height: number; width: number };
  if (crop !== false && size === undefined) {
    throw new InvalidArgumentError(
      "`crop` is the middle of the resized image. Give `size` too, such as `size: { shortestEdge: 256 }`, or `size: false` for images that are not resized.",
    );
  }
  if (crop !== false) asked = crop;
  else if (size && "height" in size) asked = size;
  else if (size) {
    throw new InvalidArgumentError(
      `Images of other shapes than a square would have other sizes when their shorter edge is ${size.shortestEdge}: give \`crop\`, or \`size: { height, width }\`.`,
    );
  } else if (own) return own;
  else throw new InvalidArgumentError(`The model "${name}" does not say how large its images are. Give \`size\`, such as \`size: 224\`.`);
  if ((height ?? asked.height) !== asked.height || (width ?? asked.width) !== asked.width) {
    throw new IncompatibleError(
      `The model "${name}" reads images of ${width ?? asked.width} × ${height ?? asked.height} pixels; \`size\` and \`crop\` make them ${asked.width} × ${asked.height}.`,
    );
  }
  return asked;
}

/** For each channel, the number that each of the 256 values of a pixel becomes: (value · rescale − mean) / std. */
export function pixelTables({ rescale, mean, std }: Pick<ImageModelSettings, "rescale" | "mean" | "std">): readonly Float32Array[] {
  return mean.map((middle, c) => Float32Array.from({ length: 256 }, (_, value) => (value * rescale - middle) / std[c]!));
}

/**
 * Puts pixels into their place in the input.
 * @param pixels `[height · width · channels]`; a grey image's one channel is all three
 * @param target `[3 · height · width]`, overwritten
 */
export function fillInput(pixels: Uint8Array, tables: readonly Float32Array[], channelsLast: boolean, target: Float32Array): void {
  const places = target.length / 3;
  const channels = pixels.length / places;
  for (let c = 0; c < 3; c++) {
    const table = tables[c]!;
    const from = channels === 1 ? 0 : c;
    const [start, step] = channelsLast ? [c, 3] : [c * places, 1];
    for (let p = 0; p < places; p++) target[start + p * step] = table[pixels[p * channels + from]!]!;
  }
}

/** The input of a run. */
export function inputTensor(
  { Tensor }: OnnxRuntime,
  { half, channelsLast }: ImageInput,
  numbers: Float32Array,
  { height, width }: { height: number; width: number },
): Tensor {
  const images = numbers.length / (3 * height * width);
  const shape = channelsLast ? [images, height, width, 3] : [images, 3, height, width];
  return half ? new Tensor("float16", float16FromFloat32(numbers), shape) : new Tensor("float32", numbers, shape);
}
