import type { ImagePooling } from "./image-output.js";
import type { ImageCrop, ImageSize } from "./image-window.js";
import type { Resample } from "./resample-filters.js";

/** One number for each of red, green and blue. */
export type PerChannel = readonly [number, number, number];

/** Everything beside the model that decides about the vectors of images: (pixel · rescale − mean) / std, of a window of the resized image. */
export interface ImageModelSettings {
  /** What images are resized to; false: not at all. */
  readonly size: ImageSize | false;
  readonly crop: ImageCrop;
  readonly resample: Resample;
  readonly rescale: number;
  readonly mean: PerChannel;
  readonly std: PerChannel;
  /** The output of the model that is read. */
  readonly output: string;
  /** How token states become a vector. */
  readonly pooling: ImagePooling;
  readonly normalize: boolean;
}

/** What is known before the model is open. */
export interface AskedImageSettings extends Omit<ImageModelSettings, "size" | "output" | "pooling"> {
  /** Absent: as the model's input says. */
  readonly size?: ImageSize | false | undefined;
  /** Absent: the one of the model's outputs that is known as a vector. */
  readonly output?: string | undefined;
  readonly pooling?: ImagePooling | undefined;
}
