import { basename, dirname, join, resolve } from "node:path";
import {
  anything,
  boolean,
  type Check,
  checkOptions,
  InvalidArgumentError,
  NotFoundError,
  nonEmptyString,
  oneOf,
  positiveFiniteNumber,
  positiveInteger,
  reject,
} from "@quaterion/core";
import { isFile } from "@quaterion/core/node";
import { type Find, type ModelSource, type ModelSourceOptions, openModelSource } from "../model-files/model-source.js";
import { findOnnxFiles, type ModelDtype, modelDtypes, weightsBeside } from "../model-files/onnx-files.js";
import { readJson } from "../model-files/read-json.js";
import { type ImagePooling, imagePoolings } from "./image-output.js";
import type { AskedImageSettings, PerChannel } from "./image-settings.js";
import type { ImageSize } from "./image-window.js";
import { type ImageModelFiles, type OnnxImageEncoder, openOnnxImageEncoder } from "./onnx-image-encoder.js";
import { type ImagePreparation, readPreprocessorConfig } from "./preprocessor-config.js";
import { type Resample, resampleNames } from "./resample-filters.js";
import { readTimmConfig } from "./timm-config.js";

/** Options of {@link imageEncoder}. What is left out is read from the model's own files. */
export interface ImageEncoderOptions extends ModelSourceOptions {
  /** What images are resized to, in pixels: a number for both edges, `{ height, width }`, or `{ shortestEdge }`, which keeps the shape; false: not resized. */
  size?: number | ImageSize | false;
  /** The middle that is read of the resized image: a number for both edges, or `{ height, width }`; false: all of it. */
  crop?: number | { readonly height: number; readonly width: number } | false;
  /** How pixels of another size are made, by the names of Pillow's filters. Default where the model's files don't say: "bilinear". */
  resample?: Resample;
  /** What a pixel, 0 to 255, is multiplied with first; false: 1. Default where the model's files don't say: 1/255. */
  rescale?: number | false;
  /** What is then subtracted from red, green and blue. */
  mean?: number | PerChannel;
  /** What they are then divided by. */
  std?: number | PerChannel;
  /** Name of the output to read. Default: the model's own vector (`image_embeds`, `pooler_output`), else its states. */
  output?: string;
  /** Makes a vector of token states: the first token's, or the mean of all. Default: the model's own vector where it has one, else "cls". Feature maps of convolutional models always get their mean. */
  pooling?: ImagePooling;
  /** Vectors are scaled to length 1. Default true. */
  normalize?: boolean;
  /** Default "fp32". */
  dtype?: ModelDtype;
  /** Threads of one run. Default: one for each core. */
  threads?: number;
  /** Most images in one run. Default 16. */
  batch?: number;
}

const isEdge = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

const areEdges = (value: unknown, ...names: string[]) =>
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

const checks = {
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

/**
 * A pretrained model for images, run by ONNX Runtime: the same vectors as Hugging Face's transformers with Pillow gives for the model.
 *
 * Image → upright, 8 bits, RGB, on white where it is transparent → resized → the middle of it → (pixel · rescale − mean) / std → model → its vector, or its
 * states pooled → scaled to length 1. Float32 `[values, dim]`. Values are paths, bytes of files, or pixels `{ data, width, height, channels }`; files are decoded by
 * `sharp`, an optional peer dependency, a few at a time.
 *
 * @param model a folder with `onnx/model.onnx` (or `onnx/vision_model.onnx`) and `preprocessor_config.json`; a name on the Hugging Face hub ("org/name"),
 *   whose files are fetched once into the hub's own cache; or an `.onnx` file, for which the options say how images are prepared
 * @throws {InvalidArgumentError} for a wrong option, or one that is needed and missing; from `encode` for a value that is not an image
 * @throws {InvalidDataError} from `encode` and `key` for a file that is missing, and from `encode` for one that can't be decoded
 * @throws {NotFoundError} when there is no such model, or a file is missing in it; from `encode` when sharp is needed and not installed
 * @throws {IncompatibleError} when the model is not an image encoder that is known here
 */
export async function imageEncoder(model: string, options: ImageEncoderOptions = {}): Promise<OnnxImageEncoder> {
  nonEmptyString(model, "model");
  checkOptions("imageEncoder", options, checks);
  const { source, files } = await openModel(model, options);
  const settings = await readSettings(model, source.find, options);
  const { threads, batch } = options;
  return openOnnxImageEncoder(basename(resolve(model)).replace(/\.onnx$/, ""), files, settings, { threads, batch });
}

async function openModel(model: string, options: ImageEncoderOptions): Promise<{ source: ModelSource; files: ImageModelFiles }> {
  const { dtype = "fp32" } = options;
  if (!/\.onnx$/i.test(model)) {
    const source = await openModelSource(model, options);
    const found = await findOnnxFiles(model, source, { names: ["vision_model", "model"], dtype, task: "image-feature-extraction" });
    return { source, files: { files: found.files, model: found.path } };
  }
  if (options.dtype !== undefined) {
    throw new InvalidArgumentError(
      "`imageEncoder.dtype` chooses between the files of a folder; this is one file. Leave it out, or give the folder.",
    );
  }
  if (!(await isFile(model))) throw new NotFoundError(`There is no file ${resolve(model)}. Give an ONNX model that is there.`);
  const folder = dirname(resolve(model));
  const source = await openModelSource(folder, {});
  const name = basename(model);
  const files = { [name]: resolve(model), ...(await weightsBeside(name, source.find, true)) };
  // A file within a model's folder is one of its parts, or precisions: its settings lie beside it, or above.
  const find: Find = async (path) =>
    (await source.find(path)) ??
    ((await isFile(join(folder, "..", path))) && basename(folder) === "onnx" ? join(folder, "..", path) : undefined);
  return { source: { folder: true, find }, files: { files, model: name } };
}

/** The model's own settings, with those of the options in their place. */
async function readSettings(model: string, find: Find, options: ImageEncoderOptions): Promise<AskedImageSettings> {
  const json = async (path: string) => {
    const place = await find(path);
    return place === undefined ? undefined : { place, config: await readJson(place) };
  };
  const [preprocessor, config] = [await json("preprocessor_config.json"), await json("config.json")];
  const read: ImagePreparation | undefined = preprocessor
    ? readPreprocessorConfig(preprocessor.config, preprocessor.place)
    : config && readTimmConfig(config.config);
  const both = (edges: number | ImageSize) => (typeof edges === "number" ? { height: edges, width: edges } : edges);
  const three = (number: number | PerChannel): PerChannel => (typeof number === "number" ? [number, number, number] : number);
  const [mean, std] = [options.mean ?? read?.mean, options.std ?? read?.std];
  if (mean === undefined || std === undefined) {
    const why = preprocessor ? `${preprocessor.place} does not say` : `${model} has no preprocessor_config.json, which would say`;
    throw new InvalidArgumentError(
      `${why} how pixels are scaled. Give \`mean\` and \`std\` (and \`size\`): for ImageNet's \`mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]\`; where a model reads −1 to 1, \`mean: 0.5, std: 0.5\`; where 0 to 1, \`mean: 0, std: 1\`.`,
    );
  }
  const asked = options.size === undefined ? (read?.size ?? imageSizeOf(config?.config)) : options.size;
  // A size of both edges is all that is read, unless a crop is asked for as well.
  const keepsCrop = typeof options.size !== "number" && !areEdges(options.size, "height", "width");
  const middle = options.crop ?? (keepsCrop ? read?.crop : undefined) ?? false;
  return {
    size: asked === undefined || asked === false ? asked : both(asked),
    crop: middle === false ? false : (both(middle) as { height: number; width: number }),
    resample: options.resample ?? read?.resample ?? "bilinear",
    rescale: options.rescale === false ? 1 : (options.rescale ?? read?.rescale ?? 1 / 255),
    mean: three(mean),
    std: three(std),
    output: options.output,
    pooling: options.pooling ?? (hasUntrainedPooler(config?.config) ? "cls" : undefined),
    normalize: options.normalize ?? true,
  };
}

/** Pixels of an edge, where a model's config.json says so. */
function imageSizeOf(config: Readonly<Record<string, unknown>> | undefined): ImageSize | undefined {
  const edge = config?.["image_size"] ?? (config?.["vision_config"] as { image_size?: unknown } | undefined)?.image_size;
  return isEdge(edge) ? { height: edge as number, width: edge as number } : undefined;
}

/** Most ViT checkpoints come without the weights of their pooler: transformers draws some at random, and an export has them. */
function hasUntrainedPooler(config: Readonly<Record<string, unknown>> | undefined): boolean {
  return /^(vit|deit|vit_mae|vit_msn|dinov2.*|dinov3_vit)$/.test(String(config?.["model_type"]));
}
