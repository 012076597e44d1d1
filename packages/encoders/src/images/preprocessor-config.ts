import { IncompatibleError, shown } from "@quaterion/core";
import type { PerChannel } from "./image-settings.js";
import type { ImageCrop, ImageSize } from "./image-window.js";
import { perChannelOf } from "./per-channel.js";
import { type Resample, resampleNames } from "./resample-filters.js";

/** How a model's files say that its images are prepared; absent is what they don't say. */
export interface ImagePreparation {
  readonly size?: ImageSize | false | undefined;
  readonly crop?: ImageCrop | undefined;
  readonly resample?: Resample | undefined;
  readonly rescale?: number | undefined;
  readonly mean?: PerChannel | undefined;
  readonly std?: PerChannel | undefined;
}

type Config = Readonly<Record<string, unknown>>;

/** Kinds whose single number for a size means the shorter edge; all others' means both. */
const byShortestEdge = /^(chinese)?clip|^bit|^mobile|^conv/i;
/** Kinds that resize by this where they don't say how. */
const bicubicKinds = /^(chinese)?clip|^bit|^deit|^beit|^siglip|^mobilevit/i;
/** Kinds that crop where they don't say whether. */
const croppingKinds = /^(chinese)?clip|^bit|^deit|^mobile/i;
/** Kinds with steps of their own. */
const unknownKinds =
  /^(levit|poolformer|siglip2|imagegpt|pix2struct|donut|nougat|idefics|qwen|llava|pixtral|vilt|layoutlm|flava|perceiver)/i;

/**
 * Reads a preprocessor_config.json of Hugging Face's transformers, as it was written before 2023 (`size: 224`) and since.
 * @param file for messages
 * @throws {IncompatibleError} when it asks for a step that is not known here: better than other vectors in silence
 */
export function readPreprocessorConfig(config: Config, file: string): ImagePreparation {
  const kind = String(config["image_processor_type"] ?? config["feature_extractor_type"] ?? config["processor_class"] ?? "");
  const refuse = (what: string): never => {
    throw new IncompatibleError(
      `${file} asks for ${what}, which is not known here. Say yourself how images are prepared: with \`size\`, \`mean\` and \`std\` (and \`crop\`, \`resample\`, \`rescale\`) this file is not needed.`,
    );
  };
  if (unknownKinds.test(kind)) refuse(`the steps of ${kind}`);
  for (const step of ["do_pad", "do_flip_channel_order", "do_color_quantize", "do_image_splitting"]) {
    if (config[step] === true) refuse(step);
  }
  const number = (key: string) => numberOf(config, key, file);
  const convnext = /^conv/i.test(kind);
  const cropPart = number("crop_pct");
  if (cropPart !== undefined && !convnext) refuse("crop_pct");

  let size = config["do_resize"] === false ? false : sizeOf(config["size"], file, "size", byShortestEdge.test(kind));
  const crops = config["do_center_crop"] ?? (croppingKinds.test(kind) && config["crop_size"] !== undefined);
  const cropSize = crops === true ? sizeOf(config["crop_size"], file, "crop_size", false) : undefined;
  if (cropSize && "shortestEdge" in cropSize) refuse("a crop_size by an edge");
  let crop = crops === true && cropSize !== undefined ? (cropSize as ImageCrop) : false;
  if (convnext && size && "shortestEdge" in size) {
    const edge = size.shortestEdge;
    const square = { height: edge, width: edge };
    // As ConvNeXT was evaluated: small images are cropped, large ones squeezed.
    crop = edge < 384 ? square : false;
    size = edge < 384 ? { shortestEdge: Math.trunc(edge / (cropPart ?? 224 / 256)) } : square;
  }
  const scaled = config["do_rescale"] !== false;
  const normalized = config["do_normalize"] !== false && config["do_normalize"] !== null;
  let mean: PerChannel | undefined = normalized ? perChannelOf(config, "image_mean", file) : [0, 0, 0];
  let std: PerChannel | undefined = normalized ? perChannelOf(config, "image_std", file) : [1, 1, 1];
  // EfficientNet's two steps more: minus 1 after scaling, and a second division by the deviation.
  if (config["rescale_offset"] === true) mean = mean && (mean.map((value) => value + 1) as unknown as PerChannel);
  if (config["include_top"] === true) std = std && (std.map((value) => value * value) as unknown as PerChannel);
  return {
    size,
    crop,
    resample: resampleOf(config["resample"], file) ?? (bicubicKinds.test(kind) ? "bicubic" : "bilinear"),
    rescale: scaled ? (number("rescale_factor") ?? 1 / 255) : 1,
    mean,
    std,
  };
}

function numberOf(config: Config, key: string, file: string): number | undefined {
  const value = config[key] ?? undefined;
  if (value === undefined || (typeof value === "number" && Number.isFinite(value) && value > 0)) return value;
  throw new IncompatibleError(`\`${key}\` of ${file} must be a number above 0; received ${shown(value)}.`);
}

function sizeOf(value: unknown, file: string, key: string, edge: boolean): ImageSize | undefined {
  if (value === undefined || value === null) return undefined;
  const whole = (number: unknown): number is number => Number.isSafeInteger(number) && (number as number) > 0;
  if (whole(value)) return edge ? { shortestEdge: value } : { height: value, width: value };
  const { height, width, shortest_edge: shortest, longest_edge: longest } = value as Record<string, unknown>;
  if (whole(height) && whole(width)) return { height, width };
  if (whole(shortest) && (longest === undefined || longest === null)) return { shortestEdge: shortest };
  throw new IncompatibleError(
    `\`${key}\` of ${file} must be a number of pixels, { height, width } or { shortest_edge }; received ${JSON.stringify(value)}. Give \`size\` (and \`crop\`).`,
  );
}

function resampleOf(value: unknown, file: string): Resample | undefined {
  if (value === undefined || value === null) return undefined;
  const name = typeof value === "number" ? resampleNames[value] : resampleNames.find((known) => known === String(value).toLowerCase());
  if (name !== undefined) return name;
  throw new IncompatibleError(
    `\`resample\` of ${file} must be a number of Pillow, 0 to ${resampleNames.length - 1}; received ${shown(value)}.`,
  );
}
