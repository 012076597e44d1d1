import { anything, boolean, type Check, nonEmptyString, oneOf, positiveFiniteNumber, positiveInteger, reject } from "@quaterion/core";
import type { ModelSourceOptions } from "../model-files/model-source.js";
import { type ModelDtype, modelDtypes } from "../model-files/onnx-files.js";
import { type ImagePooling, imagePoolings } from "./image-output.js";
import type { PerChannel } from "./image-settings.js";
import type { ImageSize } from "./image-window.js";
import { type Resample, resampleNames } from "./resample-filters.js";

/** Options of `imageEncoder`. What is left out is read from the model's own files. */
export interface ImageEncoderOptions extends ModelSourceOptions {
  /** What images are resized to, in pixels: a number for both edges, `{ height, width }`, or `{ shortestEdge }`, which keeps the shape; false: not resized. */
  size?: number | ImageSize | false | undefined;
  /** The middle that is read of the resized image: a number for both edges, or `{ height, width }`; false: all of it. */
  crop?: number | { readonly height: number; readonly width: number } | false | undefined;
  /** How pixels of another size are made, by the names of Pillow's filters. Default where the model's files don't say: "bilinear". */
  resample?: Resample | undefined;
  /** What a pixel, 0 to 255, is multiplied with first; false: 1. Default where the model's files don't say: 1/255. */
  rescale?: number | false | undefined;
  /** What is then subtracted from red, green and blue. */
  mean?: number | PerChannel | undefined;
  /** What they are then divided by. */
  std?: number | PerChannel | undefined;
  /** Name of the output to read. Default: the model's own vector (`image_embeds`, `pooler_output`), else its states. */
  output?: string | undefined;
  /** Makes a vector of token states: the first token's, or the mean of all. Default: the model's own vector where it has one, else "cls". Feature maps of convolutional models always get their mean. */
  pooling?: ImagePooling | undefined;
  /** Vectors are scaled to length 1. Default true. */
  normalize?: boolean | undefined;
  /** Default "fp32". */
  dtype?: ModelDtype | undefined;
  /** Threads of one run. Default: one for each core. */
  threads?: number | undefined;
  /** Most images in one run. Default 16. */
  batch?: number | undefined;
}

/** Whether a value is a number of pixels. */
export const isEdge = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

/** Whether a value has numbers of pixels of these names, and nothing else. */
export const areEdges = (value: unknown, ...names: string[]) =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === names.length &&
  names.every((name) => isEdge((value as Record<string, unknown>)[name]));

const size: Check<unknown> = (value, argument) =>
  value === false || isEdge(value) || areEdges(value, "height", "width") || areEdges(value, "shortestEdge")
    ? value
    : reject(argument, "a number of pixels, { height, width }, { shortestEdge } or false", value);

const crop: Check<unknown> = (value, argument) =>
  value === false || isEdge(value) || areEdges(value, "height", "width")
    ? value
    : reject(argument, "a number of pixels, { height, width } or false", value);

const perChannel =
  (holds: (number: number) => boolean, expected: string): Check<unknown> =>
  (value, argument) => {
    const all = Array.isArray(value) ? value : [value];
    return (all.length === 3 || !Array.isArray(value)) && all.every((number) => Number.isFinite(number) && holds(number))
      ? value
      : reject(argument, `a number, or an array of three, one for each of red, green and blue${expected}`, value);
  };

/** Checks of {@link ImageEncoderOptions}. */
export const imageEncoderChecks = {
  size,
  crop,
  resample: oneOf(resampleNames),
  rescale: ((value, argument) => (value === false ? value : positiveFiniteNumber(value, argument))) as Check<unknown>,
  mean: perChannel(() => true, ""),
  std: perChannel((number) => number > 0, ", above 0"),
  output: nonEmptyString,
  pooling: oneOf(imagePoolings),
  normalize: boolean,
  dtype: oneOf(modelDtypes),
  threads: positiveInteger,
  batch: positiveInteger,
  revision: nonEmptyString,
  onProgress: anything,
  signal: anything,
};
