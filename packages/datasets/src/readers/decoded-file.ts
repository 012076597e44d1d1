import { InvalidArgumentError, InvalidDataError, type OnProgress, shown } from "@quaterion/core";
import { fileBytes } from "./file-bytes.js";

/**
 * The text of a file, piece by piece; unpacked where its name ends in `.gz`. A byte order mark is left out.
 * @param encoding a name that `TextDecoder` knows: "utf-8", "utf-16le", "windows-1252", …
 * @throws {InvalidDataError} when the file can't be opened, or (naming the row) has bytes that are no text in this encoding
 */
export async function* decodedFile(path: string, encoding: string, onProgress?: OnProgress): AsyncGenerator<string> {
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
        `At or after this row there are bytes that are not ${encoding}. Save the file as UTF-8, or pass its own \`encoding\`.`,
        { file: path, row },
        { cause },
      );
    }
  };
  for await (const bytes of fileBytes(path, onProgress)) {
    const text = decode(bytes);
    yield text;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  }
  const rest = decode();
  if (rest !== "") yield rest;
}
