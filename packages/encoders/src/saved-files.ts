import { copyFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type EncoderReference, IncompatibleError, NotFoundError, StorageError } from "@quaterion/core";
import { fileSha256, isFile, makeFolder } from "@quaterion/core/node";

/** Files of an encoder: path within its folder → where the file lies. */
export type EncoderFiles = Readonly<Record<string, string>>;

/** The same, where files may also be in memory: their bytes, or text. */
export type FileContents = Readonly<Record<string, string | { readonly content: Uint8Array | string }>>;

/** Puts an encoder's files into `folder` and returns the sha256 of each copy, by its path there. */
export async function saveFiles(files: FileContents, folder: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const [path, source] of Object.entries(files)) {
    const target = join(folder, path);
    try {
      await makeFolder(dirname(target));
      if (typeof source === "string") await copyFile(source, target);
      else await writeFile(target, source.content);
    } catch (cause) {
      throw new StorageError(`Could not copy ${typeof source === "string" ? source : path} to ${target}: ${(cause as Error).message}`, {
        cause,
      });
    }
    sums[path] = await fileSha256(target);
  }
  return sums;
}

/**
 * Checks that each file of a saved encoder is there and is the one that was saved.
 * @returns path → where the file lies
 * @throws {NotFoundError} when one is missing
 * @throws {IncompatibleError} when one has other bytes, or its path leads out of the folder
 */
export async function verifyFiles(reference: EncoderReference, folder: string): Promise<EncoderFiles> {
  const files: Record<string, string> = {};
  for (const [path, expected] of Object.entries(reference.files)) {
    if (/^([/\\]|[a-zA-Z]:)/.test(path) || path.split(/[/\\]/).includes("..")) {
      throw new IncompatibleError(
        `The encoder "${reference.name}" names the file "${path}", which points out of ${folder}. Save the model again.`,
      );
    }
    const file = join(folder, path);
    if (!(await isFile(file))) {
      throw new NotFoundError(
        `The encoder "${reference.name}" needs ${file}, which is missing. Copy the whole folder, or save the model again.`,
      );
    }
    const received = await fileSha256(file);
    if (received !== expected) {
      throw new IncompatibleError(
        `${file} is not the file that the encoder "${reference.name}" was saved with: expected sha256 ${expected}, received ${received}. Copy the folder again, or save the model again.`,
      );
    }
    files[path] = file;
  }
  return files;
}

/** The path of a file that the reference must name. @throws {IncompatibleError} when it does not */
export function namedFile(files: EncoderFiles, path: string, reference: EncoderReference): string {
  const file = files[path];
  if (file === undefined) {
    throw new IncompatibleError(`The saved encoder "${reference.name}" does not name its file ${path}. Save the model again.`);
  }
  return file;
}
