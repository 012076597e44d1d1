import { perChannelOf } from "./per-channel.js";
import type { ImagePreparation } from "./preprocessor-config.js";
import { resampleNames } from "./resample-filters.js";

/**
 * How a model of timm is evaluated, from `pretrained_cfg` of its config.json: the shorter edge (both, where it squashes) is resized to
 * ⌊input / crop_pct⌋, and the middle read.
 * @param file for messages
 * @throws {IncompatibleError} when mean or deviation are no numbers
 */
export function readTimmConfig(config: Readonly<Record<string, unknown>>, file: string): ImagePreparation | undefined {
  const timm = config["pretrained_cfg"] as Readonly<Record<string, unknown>> | undefined;
  const input = timm?.["input_size"];
  if (!timm || !Array.isArray(input) || input.length !== 3 || !input.every((edge) => Number.isSafeInteger(edge) && edge > 0))
    return undefined;
  const [, height, width] = input as [number, number, number];
  const part = typeof timm["crop_pct"] === "number" && timm["crop_pct"] > 0 ? timm["crop_pct"] : 0.875;
  const edge = (pixels: number) => Math.floor(pixels / part);
  const resample = resampleNames.find((name) => name === timm["interpolation"]) ?? "bicubic";
  const squeezed = timm["crop_mode"] === "squash" || height !== width;
  return {
    size: squeezed ? { height: edge(height), width: edge(width) } : { shortestEdge: edge(height) },
    crop: { height, width },
    resample,
    rescale: 1 / 255,
    mean: perChannelOf(timm, "mean", file),
    std: perChannelOf(timm, "std", file),
  };
}
