import {
  checkOptions,
  InvalidArgumentError,
  InvalidDataError,
  nonEmptyString,
  type OnProgress,
  oneOf,
  optional,
  type Pixels,
  shown,
} from "@quaterion/core";
import { rememberPlace } from "../row-place.js";
import { idxItems } from "./idx-items.js";
import { readingProgress } from "./reading-progress.js";
import { aFunction } from "./text-file-options.js";

/** What images can be read as. */
export type IdxImageKind = "floats" | "bytes" | "pixels";

export interface IdxOptions<As extends IdxImageKind = IdxImageKind> {
  /** What `image` is: brightness from 0 to 1 (the default), bytes from 0 to 255, or these with their width and height, as an image encoder takes them. */
  as?: As | undefined;
  /** Names of the classes, in the order of their numbers. Default: the numbers. */
  labelNames?: readonly string[] | undefined;
  /** Told of images. */
  onProgress?: OnProgress | undefined;
}

/** An image of an IDX file with its class. */
export interface IdxRow<Image extends Float32Array | Uint8Array | Pixels = Float32Array | Uint8Array | Pixels> {
  /** Its pixels row by row, `[height · width]`; as `pixels` with what says how wide it is. */
  image: Image;
  label: string;
}

/** What `image` is. */
export type IdxImageOf<As extends IdxImageKind> = As extends "pixels" ? Pixels : As extends "bytes" ? Uint8Array : Float32Array;

/**
 * Reads images and their classes from two IDX files, gzipped or not: what MNIST, Fashion-MNIST and their like come in.
 * Rows remember their file and number (from 1) for error messages.
 * @throws {InvalidDataError} naming file and row: no such file, no IDX, not as many labels as images, a class without a name
 */
export async function readIdx<As extends IdxImageKind = "floats">(
  images: string,
  labels: string,
  options: IdxOptions<As> = {},
): Promise<IdxRow<IdxImageOf<As>>[]> {
  const rows: IdxRow<IdxImageOf<As>>[] = [];
  for await (const row of streamIdx(images, labels, options)) rows.push(row);
  if (rows.length === 0) throw new InvalidDataError("The file has no images.", { file: images });
  return rows;
}

/** Reads images and their classes from two IDX files one by one, in bounded memory; else as {@link readIdx}. */
export async function* streamIdx<As extends IdxImageKind = "floats">(
  images: string,
  labels: string,
  options: IdxOptions<As> = {},
): AsyncGenerator<IdxRow<IdxImageOf<As>>> {
  nonEmptyString(images, "images");
  nonEmptyString(labels, "labels");
  checkOptions("readIdx", options, { as: oneOf(["floats", "bytes", "pixels"]), labelNames: namesCheck, onProgress: aFunction });
  const { as = "floats", labelNames, onProgress } = options;
  const pictures = await idxItems(images);
  const classes = await idxItems(labels);
  try {
    if (pictures.shape.length < 2)
      throw new InvalidDataError("The file holds single numbers: expected images. Are images and labels swapped?", { file: images });
    if (classes.shape.length !== 1)
      throw new InvalidDataError(
        `The file holds items of ${classes.shape.slice(1).join(" × ")} numbers: expected one class for each image.`,
        {
          file: labels,
        },
      );
    const sides = as === "pixels" ? sidesOf(pictures.shape, images) : undefined;
    const [count, others] = [pictures.shape[0]!, classes.shape[0]!];
    if (count !== others)
      throw new InvalidDataError(`There are ${others} labels for ${count} images: are these files of one set?`, { file: labels });
    const tell = readingProgress(onProgress, { phase: `reading ${images}`, unit: "images", total: count });
    for (let i = 0; i < count; i++) {
      const pixels = await pictures.next();
      const number = (await classes.next())[0]!;
      const label = labelNames === undefined ? String(number) : labelNames[number];
      if (label === undefined)
        throw new InvalidDataError(`\`labelNames\` names classes 0 to ${labelNames!.length - 1}; received ${number}.`, {
          file: labels,
          row: i + 1,
        });
      const bytes = () => Uint8Array.from(pixels);
      const image = sides ? { data: bytes(), ...sides } : as === "bytes" ? bytes() : Float32Array.from(pixels, (each) => each / 255);
      const row = { image, label } as IdxRow<IdxImageOf<As>>;
      rememberPlace(row, { file: images, row: i + 1 });
      yield row;
      tell(i + 1);
    }
    await pictures.end();
    await classes.end();
    tell(count, true);
  } finally {
    await pictures.close();
    await classes.close();
  }
}

/** Images are `[height, width]` of grey, or `[height, width, channels]`. */
function sidesOf([, height, width, channels = 1, ...more]: readonly number[], file: string): Omit<Pixels, "data"> {
  if (height !== undefined && width !== undefined && more.length === 0 && (channels === 1 || channels === 3 || channels === 4))
    return { width, height, channels };
  const shape = [height, width, channels, ...more].filter((size) => size !== undefined).join(" × ");
  throw new InvalidDataError(
    `The file's items of ${shape} numbers are no pixels: expected height × width, or height × width × 1, 3 or 4.`,
    { file },
  );
}

const namesCheck = optional((value, argument) => {
  if (Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string" && name.trim() !== "")) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be an array of texts, one for each class; received ${shown(value)}.`);
});
