import { crc32 } from "node:zlib";
import type { CacheEntry } from "@quaterion/core";
import { fromFloat16, toFloat16 } from "./float16.js";

/** How numbers are stored: 4, 2 or 1 bytes each. */
export type Precision = "float32" | "float16" | "int8";

/** The precisions, for checks and help texts. */
export const precisions: readonly Precision[] = ["float32", "float16", "int8"];

const headBytes = 16;

/**
 * An entry as bytes, little-endian: precision (1 byte), length of the shape (1), two zeros, CRC-32 (4), place in the order of adding (8),
 * shape (4 each), scales (`int8` only: 4 for each vector), numbers. The CRC is over the entry's key and everything else, so that bytes which
 * are torn, or belong to another key, are noticed.
 *
 * `float16` entries that half precision can't hold (a magnitude of 65,520 or more) are kept in float32. `int8` numbers are n = round(v / scale)
 * with scale = max |v| / 127 of each vector (last axis of the shape).
 */
export function entryToBytes(key: Uint8Array, { shape, data }: CacheEntry, wanted: Precision, order: number): Buffer {
  const halves = wanted === "float16" ? toFloat16(data) : undefined;
  const precision = wanted === "float16" && !halves ? "float32" : wanted;
  const sizes = Uint32Array.from(shape);
  const parts: ArrayBufferView[] = [sizes];
  if (precision === "int8") parts.push(...toInt8(data, shape.at(-1)!));
  else parts.push(halves ?? data);

  const head = Buffer.alloc(headBytes);
  head[0] = precisions.indexOf(precision);
  head[1] = shape.length;
  head.writeDoubleLE(order, 8);
  const bytes = Buffer.concat([head, ...parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))]);
  bytes.writeUInt32LE(checksum(key, bytes), 4);
  return bytes;
}

/** The entry in these bytes, with arrays of its own; undefined when they are torn, foreign, or not an entry. */
export function entryFromBytes(key: Uint8Array, bytes: Buffer): CacheEntry | undefined {
  if (bytes.length < headBytes || bytes.readUInt32LE(4) !== checksum(key, bytes)) return undefined;
  const precision = precisions[bytes[0]!];
  const shape = Array.from({ length: bytes[1]! }, (_, axis) => bytes.readUInt32LE(headBytes + 4 * axis));
  // A copy of the numbers: its start is aligned, and the database may reuse its own bytes.
  const body = new Uint8Array(bytes.subarray(headBytes + 4 * shape.length)).buffer;
  const length = shape.reduce((product, size) => product * size, 1);
  if (precision === "float32") return { shape, data: new Float32Array(body) };
  if (precision === "float16") return { shape, data: fromFloat16(new Uint16Array(body, 0, length)) };
  const dim = shape.at(-1)!;
  const scales = new Float32Array(body, 0, length / dim);
  return { shape, data: fromInt8(scales, new Int8Array(body, scales.byteLength, length), dim) };
}

/** The place in the order of adding that {@link entryToBytes} wrote. */
export function orderOf(bytes: Buffer): number {
  return bytes.readDoubleLE(8);
}

/** Over the key and all bytes but the checksum's own. */
function checksum(key: Uint8Array, bytes: Buffer): number {
  return crc32(bytes.subarray(8), crc32(bytes.subarray(0, 4), crc32(key)));
}

function toInt8(data: Float32Array, dim: number): [Float32Array, Int8Array] {
  const scales = new Float32Array(data.length / dim);
  const numbers = new Int8Array(data.length);
  for (let row = 0; row < scales.length; row++) {
    const end = (row + 1) * dim;
    let largest = 0;
    for (let i = row * dim; i < end; i++) largest = Math.max(largest, Math.abs(data[i]!));
    scales[row] = largest / 127;
    const scale = scales[row]!;
    if (scale === 0) continue;
    for (let i = row * dim; i < end; i++) numbers[i] = Math.max(-127, Math.min(127, Math.round(data[i]! / scale)));
  }
  return [scales, numbers];
}

function fromInt8(scales: Float32Array, numbers: Int8Array, dim: number): Float32Array {
  const data = new Float32Array(numbers.length);
  for (const [row, scale] of scales.entries()) {
    for (let i = row * dim; i < (row + 1) * dim; i++) data[i] = numbers[i]! * scale;
  }
  return data;
}
