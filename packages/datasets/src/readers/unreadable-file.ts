import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InvalidDataError, nearestName } from "@quaterion/core";

/** The error for a file that could not be opened; one that is not there comes with the nearest name in its folder. */
export async function unreadableFile(path: string, cause: unknown): Promise<InvalidDataError> {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "EISDIR") return new InvalidDataError("This is a folder: expected a file.", { file: path }, { cause });
  if (code !== "ENOENT" && code !== "ENOTDIR")
    return new InvalidDataError(`The file can't be read: ${(cause as Error).message}.`, { file: path }, { cause });
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined)
    return new InvalidDataError(`There is no such file: the folder "${folder}" does not exist.`, { file: path }, { cause });
  const near = nearestName(basename(path), names);
  const hint =
    near === undefined
      ? ` The folder has ${names.length === 0 ? "no files" : names.slice(0, 10).join(", ")}.`
      : ` Did you mean "${join(folder, near)}"?`;
  return new InvalidDataError(`There is no such file.${hint}`, { file: path }, { cause });
}
