import { InvalidArgumentError } from "@quaterion/core";
import type { Find } from "../model-files/model-source.js";
import { readJson } from "../model-files/read-json.js";
import { areEdges, type ImageEncoderOptions, isEdge } from "./image-encoder-options.js";
import type { AskedImageSettings, PerChannel } from "./image-settings.js";
import type { ImageSize } from "./image-window.js";
import { type ImagePreparation, readPreprocessorConfig } from "./preprocessor-config.js";
import { readTimmConfig } from "./timm-config.js";

/**
 * The model's own settings, with those of the options in their place.
 * @throws {InvalidArgumentError} when neither says how pixels are scaled
 */
export async function readImageSettings(model: string, find: Find, options: ImageEncoderOptions): Promise<AskedImageSettings> {
  const json = async (path: string) => {
    const place = await find(path);
    return place === undefined ? undefined : { place, config: await readJson(place) };
  };
  const [preprocessor, config] = [await json("preprocessor_config.json"), await json("config.json")];
  const read = preprocessor ? preparationOf(preprocessor, options) : config && readTimmConfig(config.config, config.place);
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

/** What preprocessor_config.json says; nothing where it says what is not known, and the options say all that matters. */
function preparationOf(
  file: { place: string; config: Readonly<Record<string, unknown>> },
  options: ImageEncoderOptions,
): ImagePreparation | undefined {
  try {
    return readPreprocessorConfig(file.config, file.place);
  } catch (error) {
    if (options.size === undefined || options.mean === undefined || options.std === undefined) throw error;
    return undefined;
  }
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
