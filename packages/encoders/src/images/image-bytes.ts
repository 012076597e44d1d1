import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InvalidDataError, nearestName } from "@quaterion/core";

/**
 * The bytes of an image's file.
 * @param what what messages call the image
 * @throws {InvalidDataError} that names the file, and the nearest name where there is none such
 */
export async function readImageBytes(file: string, what: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EISDIR") throw new InvalidDataError(`${what} is a folder: expected an image.`, { file }, { cause });
    if (code !== "ENOENT" && code !== "ENOTDIR") throw new InvalidDataError(`${what} can't be read: ${message}.`, { file }, { cause });
    const near = nearestName(basename(file), await readdir(dirname(file)).catch(() => []));
    const hint = near === undefined ? "" : ` Did you mean "${join(dirname(file), near)}"?`;
    throw new InvalidDataError(`${what}: there is no such file.${hint}`, { file }, { cause });
  }
  if (bytes.length === 0) throw new InvalidDataError(`${what} has 0 bytes: get it again, or leave it out.`, { file });
  return bytes;
}
