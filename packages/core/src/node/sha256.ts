import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of texts and bytes one after the other, in hexadecimal. Each part's length is hashed with it, so that parts can't run into each other. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    if (parts.length > 1) hash.update(`${bytes.byteLength}:`);
    hash.update(bytes);
  }
  return hash.digest("hex");
}

/** SHA-256 of a file's bytes, in hexadecimal, read in pieces. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}
