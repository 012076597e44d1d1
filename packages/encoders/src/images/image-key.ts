import { sha256 } from "@quaterion/core/node";
import { readImageBytes } from "./image-bytes.js";
import { checkImage, type ImageValue } from "./image-value.js";

/**
 * The content of an image, as the digest of a file's bytes (the same for its path), or of pixels and their size: 32 bytes, so that the keys of a million
 * images fit into memory.
 */
export async function imageKey(value: ImageValue): Promise<Uint8Array> {
  checkImage(value, "value");
  if (typeof value === "string" || value instanceof Uint8Array) {
    return digest(sha256("file", typeof value === "string" ? await readImageBytes(value, "The image") : value));
  }
  const { data, width, height, channels } = value;
  return digest(sha256(`pixels ${width} ${height} ${channels}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

function digest(hexadecimal: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hexadecimal, "hex"));
}
