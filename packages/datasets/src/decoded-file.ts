import { createReadStream } from "node:fs";
import { InvalidArgumentError, InvalidDataError, shown } from "@quaterion/core";
import { unreadableFile } from "./unreadable-file.js";

/**
 * The text of a file, piece by piece. A byte order mark is left out.
 * @param encoding a name that `TextDecoder` knows: "utf-8", "utf-16le", "windows-1252", …
 * @throws {InvalidDataError} when the file can't be opened, or (naming the row) has bytes that are no text in this encoding
 */
export async function* decodedFile(path: string, encoding: string): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new InvalidArgumentError(
      `\`encoding\` must be one that TextDecoder knows, like "utf-8" or "windows-1252"; received ${shown(encoding)}.`,
      { cause },
    );
  }
  let lines = 0;
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      const row = lines + 1;
      throw new InvalidDataError(
        `At or after this row there are bytes that are not ${encoding}. Pass the file's own \`encoding\`.`,
        { file: path, row },
        { cause },
      );
    }
  };
  const stream = createReadStream(path);
  try {
    for await (const bytes of stream) {
      const text = decode(bytes as Uint8Array);
      yield text;
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
    }
    const rest = decode();
    if (rest !== "") yield rest;
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).syscall === "string") throw await unreadableFile(path, error);
    throw error;
  }
}
