import {
  AbortedError,
  type EncodeOptions,
  type EncoderReference,
  type FrozenEncoder,
  IncompatibleError,
  InvalidArgumentError,
  InvalidDataError,
  type Json,
  type Pixels,
} from "@quaterion/core";
import { fileSha256, sha256 } from "@quaterion/core/node";
import { openOnnxModel } from "../onnx-session.js";
import { checkFiniteRows, normalizeRows } from "../rows.js";
import { type EncoderFiles, namedFile, saveFiles, verifyFiles } from "../saved-files.js";
import { decodeImage, loadSharp, type Sharp } from "./decode-image.js";
import { readImageBytes } from "./image-bytes.js";
import { fillInput, imageInput, inputSize, inputTensor, pixelTables } from "./image-input.js";
import { imageKey } from "./image-key.js";
import { imageOutput, imageVectors } from "./image-output.js";
import type { AskedImageSettings, ImageModelSettings } from "./image-settings.js";
import { checkImage, type ImageValue } from "./image-value.js";
import { imageWindow } from "./image-window.js";
import { opaquePixels } from "./opaque-pixels.js";
import { prefetched } from "./prefetched.js";
import { resizeWindow } from "./resize-window.js";

/** What an encoder of images did so far. */
export interface ImageEncoderStats {
  readonly images: number;
  /** Of these, those that were decoded from a file or its bytes. */
  readonly decoded: number;
  /** Of these, those that had another size. */
  readonly resized: number;
}

/** A model for images that ONNX Runtime runs. */
export interface OnnxImageEncoder extends FrozenEncoder<ImageValue> {
  readonly settings: ImageModelSettings;
  readonly stats: ImageEncoderStats;
}

/** How an encoder is run; no vector depends on it. */
export interface ImageRunOptions {
  /** Threads of one run. Default: one for each core. */
  readonly threads?: number | undefined;
  /** Most images in one run. Default 16. */
  readonly batch?: number | undefined;
}

/** Where an encoder's files lie: the model, and what it needs beside it. */
export interface ImageModelFiles {
  readonly files: EncoderFiles;
  /** Path of the model file. */
  readonly model: string;
}

/** Changes when the same files and settings would give other vectors. */
const recipe = "onnx-image/1";

/** Images that are decoded at once: as many as Node has threads for such work. More would take memory alone. */
const decodedAtOnce = 4;

/** Opens a model. The fingerprint covers its bytes and all settings, not the version of what decodes: that JPEG's decoders differ by a step of 256 is nothing to a vector. */
export async function openOnnxImageEncoder(
  name: string,
  { files, model }: ImageModelFiles,
  asked: AskedImageSettings,
  { threads, batch = 16 }: ImageRunOptions,
): Promise<OnnxImageEncoder> {
  const runtime = await openOnnxModel(files[model]!, files[model]!, threads, false);
  const input = imageInput(runtime, name);
  const pixels = inputSize(name, input, asked);
  const settings: ImageModelSettings = {
    size: asked.size ?? pixels,
    crop: asked.crop,
    resample: asked.resample,
    rescale: asked.rescale,
    mean: asked.mean,
    std: asked.std,
    output: imageOutput(runtime, name, asked.output, asked.pooling !== undefined),
    pooling: asked.pooling ?? "cls",
    normalize: asked.normalize,
  };
  const sums: string[] = [];
  for (const path of Object.keys(files).sort()) sums.push(path === model ? "model" : path, await fileSha256(files[path]!));
  const fingerprint = sha256(recipe, ...sums, settingsText(settings));
  const tables = pixelTables(settings);
  const length = 3 * pixels.height * pixels.width;
  const atOnce = input.images ?? batch;
  const stats = { images: 0, decoded: 0, resized: 0 };
  let sharp: Promise<Sharp> | undefined;

  async function decoded(value: ImageValue, what: string): Promise<Pixels> {
    if (typeof value !== "string" && !(value instanceof Uint8Array)) return value;
    sharp ??= loadSharp();
    const file = typeof value === "string" ? value : undefined;
    const image = await decodeImage(await sharp, file === undefined ? (value as Uint8Array) : await readImageBytes(file, what), file, what);
    stats.decoded++;
    return image;
  }

  /** What the model reads of an image, as bytes: `[height · width · 1 or 3]`. */
  async function prepared(value: ImageValue, what: string): Promise<Uint8Array> {
    const image = opaquePixels(await decoded(value, what));
    const window = imageWindow(image.width, image.height, settings.size, settings.crop);
    if (window.width !== pixels.width || window.height !== pixels.height) {
      throw new InvalidDataError(
        `${what} has ${image.width} × ${image.height} pixels: expected ${pixels.width} × ${pixels.height}, since images are not resized (\`size: false\`).`,
        typeof value === "string" ? { file: value } : {},
      );
    }
    if (window.resizedWidth !== image.width || window.resizedHeight !== image.height) stats.resized++;
    return resizeWindow(image, window, settings.resample);
  }

  /** @param numbers `[images, …]`; images that the run does not need are blank */
  async function run(numbers: Float32Array): Promise<{ vectors: Float32Array; dim: number }> {
    const images = numbers.length / length;
    const { [settings.output]: output } = await runtime.session.run({ [input.name]: inputTensor(runtime, input, numbers, pixels) }, [
      settings.output,
    ]);
    const what = `The output ${settings.output} of the model "${name}"`;
    return imageVectors(output!, images, { pooling: settings.pooling, channelsLast: input.channelsLast, what });
  }

  async function encode(values: readonly ImageValue[], { signal, onProgress }: EncodeOptions = {}): Promise<Float32Array> {
    if (!Array.isArray(values)) {
      throw new InvalidArgumentError(`\`values\` of encoder "${name}" must be an array of images. Put a single image into an array.`);
    }
    for (const [i, value] of values.entries()) checkImage(value, `values[${i}]`);
    const vectors = new Float32Array(values.length * dim);
    const images = prefetched(values.length, decodedAtOnce, (i) => prepared(values[i]!, `\`values[${i}]\``));
    for (let start = 0; start < values.length; start += atOnce) {
      const count = Math.min(atOnce, values.length - start);
      const numbers = new Float32Array((input.images ?? count) * length);
      for (let i = 0; i < count; i++) {
        if (signal?.aborted)
          throw new AbortedError(`Encoding was stopped after ${start} of ${values.length} images.`, { cause: signal.reason });
        const image = (await images.next()).value as Uint8Array;
        fillInput(image, tables, input.channelsLast, numbers.subarray(i * length, (i + 1) * length));
      }
      vectors.set((await run(numbers)).vectors.subarray(0, count * dim), start * dim);
      stats.images += count;
      onProgress?.({ phase: "encoding images", done: start + count, total: values.length, unit: "images" });
    }
    checkFiniteRows(name, vectors, dim, (row) => shownImage(values[row]!, row));
    if (settings.normalize) normalizeRows(vectors, dim);
    return vectors;
  }

  // A blank image through the model tells the size of its vectors, which no file of a model states reliably.
  const { dim } = await run(new Float32Array((input.images ?? 1) * length)).catch((cause: Error) => {
    if (cause instanceof IncompatibleError) throw cause;
    throw new IncompatibleError(
      `The model "${name}" does not run on images of ${pixels.width} × ${pixels.height} pixels: ${cause.message} Give the \`size\` (or \`crop\`) that it was made for.`,
      { cause },
    );
  });
  return {
    name,
    fingerprint,
    dim,
    settings,
    stats,
    key: imageKey,
    encode,
    async save(folder): Promise<EncoderReference> {
      const config = { model, ...settings } as unknown as Json;
      return { kind: "onnx-image", name, fingerprint, dim, files: await saveFiles(files, folder), config };
    },
  };
}

/** The encoder that a reference of kind "onnx-image" describes, from its folder. */
export async function loadOnnxImageEncoder(
  reference: EncoderReference,
  folder: string,
  options: ImageRunOptions,
): Promise<OnnxImageEncoder> {
  const files = await verifyFiles(reference, folder);
  const { model, ...settings } = reference.config as unknown as ImageModelSettings & { model: string };
  namedFile(files, model, reference);
  const encoder = await openOnnxImageEncoder(reference.name, { files, model }, settings, options);
  if (encoder.fingerprint === reference.fingerprint) return encoder;
  throw new IncompatibleError(`The saved encoder "${reference.name}" has other settings than when it was saved. Save the model again.`);
}

function settingsText({ size, crop, resample, rescale, mean, std, output, pooling, normalize }: ImageModelSettings): string {
  const edges = size === false ? [] : "shortestEdge" in size ? [size.shortestEdge] : [size.height, size.width];
  return JSON.stringify([edges, crop && [crop.height, crop.width], resample, rescale, mean, std, output, pooling, normalize]);
}

function shownImage(value: ImageValue, index: number): string {
  return typeof value === "string" ? value : `values[${index}]`;
}
