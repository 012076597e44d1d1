import type { Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, InvalidDataError, nonEmptyString, type OnProgress, oneOf } from "@quaterion/core";
import { rememberPlace } from "../row-place.js";
import { readingProgress } from "./reading-progress.js";
import { aFunction } from "./text-file-options.js";
import { unreadableFile } from "./unreadable-file.js";

export interface ImageFolderOptions<As extends "path" | "bytes" = "path" | "bytes"> {
  /** What `image` is: the file's path (the default; nothing is opened), or its bytes. */
  as?: As | undefined;
  /** What becomes of files that are no images by their names: an error that names them (the default), or they are passed over. */
  others?: "error" | "skip" | undefined;
  /** Told of images. */
  onProgress?: OnProgress | undefined;
}

/** An image and the folder that it lies in. */
export interface ImageRow<Image extends string | Uint8Array = string | Uint8Array> {
  /** The file's path, or its bytes. */
  image: Image;
  /** The class: the folder's path within the one that was read, with "/" between folders. */
  label: string;
  /** The file's path within the folder that was read, with "/" between folders. */
  path: string;
}

/** What `image` is. */
export type ImageOf<As extends "path" | "bytes"> = As extends "bytes" ? Uint8Array : string;

const imageNames = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|heic|svg)$/i;
/** Files that systems leave in folders beside those whose names begin with a dot. */
const leftovers = /^(thumbs\.db|desktop\.ini|icon\r)$/i;

/**
 * Reads a folder that has a folder of images for each class, `cats/1.jpg`, `dogs/2.jpg`; classes may lie deeper, `birds/owl/3.jpg` (label
 * `birds/owl`). Sorted by path, the same on every machine. Hidden files and folders are passed over; links are followed.
 * @throws {InvalidDataError} naming the file or folder: no such folder (with the nearest name), files that are no images, images that lie in no
 * class, a class without images, an image of 0 bytes (of those that are opened)
 */
export async function readImageFolder<As extends "path" | "bytes" = "path">(
  folder: string,
  options: ImageFolderOptions<As> = {},
): Promise<ImageRow<ImageOf<As>>[]> {
  const rows: ImageRow<ImageOf<As>>[] = [];
  for await (const row of streamImageFolder(folder, options)) rows.push(row);
  return rows;
}

/** Reads a folder of images by class one by one, so that bytes need not be held all at once; else as {@link readImageFolder}. */
export async function* streamImageFolder<As extends "path" | "bytes" = "path">(
  folder: string,
  options: ImageFolderOptions<As> = {},
): AsyncGenerator<ImageRow<ImageOf<As>>> {
  nonEmptyString(folder, "folder");
  checkOptions("readImageFolder", options, { as: oneOf(["path", "bytes"]), others: oneOf(["error", "skip"]), onProgress: aFunction });
  const found: Found = { images: [], others: [] };
  await collect(folder, "", found, new Set());
  if (found.others.length > 0 && options.others !== "skip") {
    const more = found.others.length > 5 ? `, and ${found.others.length - 5} more` : "";
    throw new InvalidDataError(
      `There are files that are no images by their names: ${found.others.slice(0, 5).join(", ")}${more}. Take them away, or pass \`others: "skip"\`.`,
      { file: folder },
    );
  }
  const stray = found.images.find((path) => !path.includes("/"));
  if (stray !== undefined)
    throw new InvalidDataError("The image lies in no class: put it into a folder that is named for what it shows.", {
      file: join(folder, stray),
    });
  if (found.images.length === 0)
    throw new InvalidDataError("The folder has no images: expected a folder of images for each class.", { file: folder });
  const tell = readingProgress(options.onProgress, { phase: `reading ${folder}`, unit: "images", total: found.images.length });
  for (const [i, path] of found.images.entries()) {
    const file = join(folder, path);
    const image = options.as === "bytes" ? await bytesOf(file) : file;
    const row = { image, label: path.slice(0, path.lastIndexOf("/")), path } as ImageRow<ImageOf<As>>;
    rememberPlace(row, { file });
    yield row;
    tell(i + 1);
  }
  tell(found.images.length, true);
}

interface Found {
  readonly images: string[];
  readonly others: string[];
}

/** Adds what lies in `folder`, sorted by UTF-16 units; `prefix` is its path within the one that is read, "" or ending in "/". */
async function collect(root: string, prefix: string, found: Found, above: ReadonlySet<string>): Promise<void> {
  const folder = join(root, prefix);
  let entries: Dirent[];
  let place: string;
  try {
    entries = await readdir(folder, { withFileTypes: true });
    place = await realpath(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOTDIR")
      throw new InvalidDataError("This is a file: expected a folder of images by class.", { file: folder }, { cause });
    throw await unreadableFile(folder, cause);
  }
  if (above.has(place)) throw new InvalidDataError("The folder links to one that it lies in: take the link away.", { file: folder });
  const within = new Set([...above, place]);
  const before = found.images.length;
  let skipped = 0;
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    if (name.startsWith(".") || leftovers.test(name)) continue;
    const path = prefix + name;
    const target = entry.isSymbolicLink() ? await linked(join(root, path)) : entry;
    if (target.isDirectory()) await collect(root, `${path}/`, found, within);
    else if (imageNames.test(name)) found.images.push(path);
    else skipped = found.others.push(path);
  }
  if (prefix !== "" && found.images.length === before && skipped === 0)
    throw new InvalidDataError("The class has no images: add some, or take its folder away.", { file: folder });
}

async function linked(path: string) {
  return stat(path).catch((cause) => {
    throw new InvalidDataError(`The link leads nowhere (${(cause as Error).message}).`, { file: path }, { cause });
  });
}

async function bytesOf(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch(async (cause) => {
    throw await unreadableFile(file, cause);
  });
  if (bytes.length === 0) throw new InvalidDataError("The image has 0 bytes: get it again, or take it away.", { file });
  return bytes;
}
