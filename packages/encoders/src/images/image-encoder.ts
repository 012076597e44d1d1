import { basename, dirname, join, resolve } from "node:path";
import { checkOptions, InvalidArgumentError, NotFoundError, nonEmptyString } from "@quaterion/core";
import { isFile } from "@quaterion/core/node";
import { type Find, type ModelSource, openModelSource } from "../model-files/model-source.js";
import { findOnnxFiles, weightsBeside } from "../model-files/onnx-files.js";
import { type ImageEncoderOptions, imageEncoderChecks } from "./image-encoder-options.js";
import { type ImageModelFiles, type OnnxImageEncoder, openOnnxImageEncoder } from "./onnx-image-encoder.js";
import { readImageSettings } from "./read-image-settings.js";

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
  checkOptions("imageEncoder", options, imageEncoderChecks);
  const { source, files } = await openModel(model, options);
  const settings = await readImageSettings(model, source.find, options);
  const { threads, batch } = options;
  return openOnnxImageEncoder(modelName(resolve(model)), files, settings, { threads, batch });
}

/** The name of the folder, or of the file; of one called "model" or the like, that of the folder that it lies in. */
function modelName(path: string): string {
  const name = basename(path).replace(/\.onnx$/i, "");
  const folder = dirname(path);
  if (name === basename(path) || !/^(vision_)?model(_|$)/.test(name)) return name;
  return basename(basename(folder) === "onnx" ? dirname(folder) : folder) || name;
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
