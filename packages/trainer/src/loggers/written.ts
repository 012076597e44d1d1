import { StorageError } from "@quaterion/core";

/** Does what writes a log's file. @throws {StorageError} naming the file when it fails */
export async function written(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    throw new StorageError(`Could not write the log ${path}: ${(cause as Error).message}. Choose another path, or leave the logger out.`, {
      cause,
    });
  }
}
