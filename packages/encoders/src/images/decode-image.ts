import { InvalidDataError, NotFoundError, type Pixels } from "@quaterion/core";

/** What decodes image files: the part of sharp that is used. */
export type Sharp = typeof import("sharp").default;

/**
 * sharp, loaded when an image file is first decoded, so that whoever gives pixels never needs it.
 * @throws {NotFoundError} when it is not installed, or has no binary for this machine
 */
export async function loadSharp(load: () => Promise<{ default: Sharp }> = () => import("sharp")): Promise<Sharp> {
  try {
    return (await load()).default;
  } catch (cause) {
    const [line] = (cause as Error).message.split("\n");
    throw new NotFoundError(
      `Image files are decoded by the package "sharp", which can't be loaded: ${line}. Run \`npm install sharp\`, or give pixels: { data, width, height, channels }.`,
      { cause },
    );
  }
}

/**
 * The pixels of an image file: its first picture, upright as its EXIF says, 8 bits a channel. Colour profiles are not applied, since models are
 * trained on what Pillow reads, which passes them over (CMYK, which has to be converted somehow, goes through one).
 * @param file its path, where it has one
 * @param what what messages call the image
 * @throws {InvalidDataError} when the file is damaged, or of a format that is not read here; naming the file, where it is one
 */
export async function decodeImage(sharp: Sharp, bytes: Uint8Array, file: string | undefined, what: string): Promise<Pixels> {
  try {
    const { data, info } = await sharp(bytes, { failOn: "warning", ignoreIcc: true })
      .autoOrient()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels !== 3 && channels !== 4) throw new Error(`it has ${channels} channels, which are neither RGB nor RGB and alpha`);
    return { data, width, height, channels };
  } catch (cause) {
    // sharp's word for what libvips warned of, where that was lost on the way.
    const message = (cause as Error).message.replace(
      "Warning treated as error due to failOn setting",
      "its data is damaged, or ends too early",
    );
    const reason = message.trim().replaceAll(/\s*\n\s*/g, "; ");
    throw new InvalidDataError(
      `${what} can't be decoded: ${reason}. Get it again or save it anew (JPEG, PNG, WebP, AVIF, GIF, TIFF and SVG are read), or leave it out.`,
      file === undefined ? {} : { file },
      { cause },
    );
  }
}
