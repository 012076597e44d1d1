import { randomBytes } from "node:crypto";
import { access, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { QuaterionError, StorageError } from "../errors.js";
import { makeFolder } from "./make-folder.js";

/** A name beside `path` that nobody else uses. */
function besides(path: string, kind: string): string {
  return join(dirname(path), `.${basename(path)}.${kind}-${process.pid}-${randomBytes(4).toString("hex")}`);
}

function storageError(what: string, path: string, cause: unknown): Error {
  if (QuaterionError.is(cause)) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason =
    code === "ENOSPC"
      ? "the disk is full; free some space and try again"
      : code === "EACCES" || code === "EROFS" || code === "EPERM"
        ? "no permission to write there; choose another folder"
        : message;
  return new StorageError(`Could not write ${what} ${path}: ${reason}. What was there before is unchanged.`, { cause });
}

/** Writes a file whole or not at all: beside its place first, then moved onto it. Makes the folder where it is missing. */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const beside = besides(path, "new");
  try {
    await makeFolder(dirname(path));
    const file = await open(beside, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw storageError("the file", path, cause);
  }
}

/** Fills a folder whole or not at all: `fill` writes into an empty one beside it, which then takes its place. What `path` held before goes only after that. */
export async function writeFolderAtomic(path: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const fresh = besides(path, "new");
  const old = besides(path, "old");
  try {
    await makeFolder(fresh);
    await fill(fresh);
    const replaces = await access(path).then(
      () => true,
      () => false,
    );
    if (replaces) await rename(path, old);
    try {
      await rename(fresh, path);
    } catch (cause) {
      if (replaces) await rename(old, path);
      throw cause;
    }
    await rm(old, { recursive: true, force: true });
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true }).catch(() => {});
    throw storageError("the folder", path, cause);
  }
}
