import { describe, expect, it } from "vitest";
import { readPreprocessorConfig } from "./preprocessor-config.js";
import { readTimmConfig } from "./timm-config.js";

const scaling = { image_mean: [0.5, 0.4, 0.3], image_std: [0.5, 0.25, 0.2] };
const read = (config: object) => readPreprocessorConfig({ ...scaling, ...config }, "p.json");
const square = (edge: number) => ({ height: edge, width: edge });

describe("readPreprocessorConfig", () => {
  it.each<[string, object, object]>([
    ["a number for both edges", { size: 224 }, { size: square(224), crop: false, resample: "bilinear", rescale: 1 / 255 }],
    [
      "a number for CLIP's shorter edge",
      { feature_extractor_type: "CLIPFeatureExtractor", size: 224, crop_size: 200 },
      { size: { shortestEdge: 224 }, crop: square(200), resample: "bicubic" },
    ],
    ["named edges", { size: { height: 20, width: 30 }, resample: 0 }, { size: { height: 20, width: 30 }, resample: "nearest" }],
    [
      "a shorter edge and a crop",
      { size: { shortest_edge: 256 }, do_center_crop: true, crop_size: square(224), resample: 3 },
      { size: { shortestEdge: 256 }, crop: square(224), resample: "bicubic" },
    ],
    [
      "a crop that is switched off",
      { image_processor_type: "CLIPImageProcessor", size: { shortest_edge: 9 }, do_center_crop: false, crop_size: 8 },
      { crop: false },
    ],
    [
      "DeiT, square and cropped",
      { image_processor_type: "DeiTImageProcessor", size: 256, crop_size: 224 },
      { size: square(256), crop: square(224), resample: "bicubic" },
    ],
    [
      "ConvNeXT of small images",
      { image_processor_type: "ConvNextImageProcessor", size: { shortest_edge: 224 }, crop_pct: 0.9 },
      { size: { shortestEdge: 248 }, crop: square(224) },
    ],
    ["ConvNeXT of large images", { feature_extractor_type: "ConvNextFeatureExtractor", size: 384 }, { size: square(384), crop: false }],
    [
      "ConvNeXT without its share",
      { feature_extractor_type: "ConvNextFeatureExtractor", size: 224 },
      { size: { shortestEdge: 256 }, crop: square(224) },
    ],
    ["no resizing", { do_resize: false, size: 224 }, { size: false }],
    ["no scaling", { do_rescale: false, do_normalize: false }, { rescale: 1, mean: [0, 0, 0], std: [1, 1, 1] }],
    ["another factor", { rescale_factor: 1 / 127.5, rescale_offset: true }, { rescale: 1 / 127.5, mean: [1.5, 1.4, 1.3] }],
    ["a second division", { include_top: true }, { std: [0.25, 0.0625, 0.2 * 0.2] }],
    ["one number for all channels", { image_mean: 0.5, image_std: [0.5] }, { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }],
    ["a filter's name", { resample: "LANCZOS" }, { resample: "lanczos" }],
    ["nothing", { image_mean: undefined, image_std: null }, { mean: undefined, std: undefined, size: undefined }],
  ])("reads %s", (_, config, expected) => {
    expect(read(config)).toMatchObject(expected);
  });

  it.each<[object, RegExp]>([
    [{ do_pad: true }, /p\.json asks for do_pad, which is not known/],
    [{ do_flip_channel_order: true }, /do_flip_channel_order/],
    [{ crop_pct: 0.9 }, /asks for crop_pct/],
    [{ image_processor_type: "LevitImageProcessor" }, /the steps of LevitImageProcessor/],
    [
      { size: { shortest_edge: 800, longest_edge: 1333 } },
      /`size` of p\.json must be .* received {"shortest_edge":800,"longest_edge":1333}/,
    ],
    [{ size: "large" }, /`size` of p\.json/],
    [{ size: 0 }, /`size` of p\.json/],
    [{ do_center_crop: true, crop_size: { shortest_edge: 3 } }, /crop_size by an edge/],
    [{ image_mean: [1, 2] }, /`image_mean` of p\.json must be three numbers.*received \[1,2\]/],
    [{ image_std: [1, 0, 1] }, /`image_std`/],
    [{ image_std: [1, "a", 1] }, /`image_std`/],
    [{ rescale_factor: 0 }, /`rescale_factor` of p\.json must be a number above 0; received 0/],
    [{ resample: 9 }, /`resample` of p\.json/],
    [{ resample: "cubic" }, /`resample` of p\.json/],
  ])("refuses %j rather than give other vectors", (config, message) => {
    expect(() => read(config)).toThrow(message);
  });
});

describe("readTimmConfig", () => {
  it("resizes to the input by crop_pct, and reads the middle", () => {
    const pretrained_cfg = { input_size: [3, 224, 224], interpolation: "bicubic", crop_pct: 0.9, mean: [1, 2, 3], std: [4, 5, 6] };
    expect(readTimmConfig({ pretrained_cfg }, "config.json")).toEqual({
      size: { shortestEdge: 248 },
      crop: square(224),
      resample: "bicubic",
      rescale: 1 / 255,
      mean: [1, 2, 3],
      std: [4, 5, 6],
    });
    expect(readTimmConfig({ pretrained_cfg: { ...pretrained_cfg, crop_mode: "squash", crop_pct: 1 } }, "config.json")).toMatchObject({
      size: square(224),
    });
    expect(readTimmConfig({ model_type: "vit" }, "config.json")).toBeUndefined();
    for (const [key, wrong] of [
      ["mean", "0.5"],
      ["mean", [0.5, "half", 0.5]],
      ["std", [1, 0, 1]],
    ] as const)
      expect(() => readTimmConfig({ pretrained_cfg: { ...pretrained_cfg, [key]: wrong } }, "config.json")).toThrow(
        `\`${key}\` of config.json must be three numbers, one for each channel`,
      );
  });
});
