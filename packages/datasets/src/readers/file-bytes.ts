import { createReadStream, type ReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { InvalidDataError, type OnProgress } from "@quaterion/core";
import { readingProgress } from "./reading-progress.js";
import { unreadableFile } from "./unreadable-file.js";

/**
 * The bytes of a file, piece by piece; unpacked where its name ends in `.gz`.
 * @throws {InvalidDataError} when the file can't be opened, or is no gzip file though its name says so
 */
export async function* fileBytes(path: string, onProgress?: OnProgress): AsyncGenerator<Uint8Array> {
  let source: ReadStream | undefined;
  let done = 0;
  try {
    const { size } = await stat(path);
    source = createReadStream(path);
    const tell = readingProgress(onProgress, { phase: `reading ${path}`, unit: "bytes", total: size });
    source.on("data", (piece) => {
      done += piece.length;
      tell(done);
    });
    if (!/\.gz$/i.test(path)) {
      for await (const piece of source) yield piece as Uint8Array;
    } else {
      const unpacked = createGunzip();
      source.on("error", (error) => unpacked.destroy(error));
      source.pipe(unpacked);
      try {
        for await (const piece of unpacked) yield piece as Uint8Array;
      } finally {
        unpacked.destroy();
      }
    }
    tell(done, true);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (typeof syscall === "string") throw await unreadableFile(path, error);
    if (typeof code === "string" && code.startsWith("Z_"))
      throw new InvalidDataError(
        `The name says gzip, but the bytes can't be unpacked (${(error as Error).message}). Take the ".gz" off the name if it is plain, or get the file again.`,
        { file: path },
        { cause: error },
      );
    throw error;
  } finally {
    source?.destroy();
  }
}
