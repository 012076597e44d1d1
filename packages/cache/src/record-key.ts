import { hash } from "node:crypto";
import type { CacheKey } from "@quaterion/core";
import type { Precision } from "./entry-bytes.js";

/** Length of {@link prefixOf}. */
export const prefixBytes = 16;

/** What the keys of a space's entries begin with at one precision: the first bytes of SHA-256 of both. */
export function prefixOf(space: string, precision: Precision): Buffer {
  return hash("sha256", `${precision}\n${space}`, "buffer").subarray(0, prefixBytes);
}

/** The key of an entry: its space's prefix, then SHA-256 of the value's key. */
export function recordKey(prefix: Buffer, key: CacheKey): Buffer {
  return Buffer.concat([prefix, hash("sha256", key, "buffer")]);
}
