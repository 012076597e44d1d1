import { FormatError } from "../format-error.js";
import { elementBytes, largestHeaderBytes, type SafetensorsDtype, type SafetensorsFile, type SafetensorsTensor } from "./types.js";

interface Entry {
  name: string;
  dtype: SafetensorsDtype;
  shape: number[];
  start: number;
  end: number;
}

/**
 * The tensors of a safetensors file: 8 bytes of header size (little-endian), a JSON header, then the data.
 *
 * Nothing in the file is trusted: sizes, offsets, dtypes, overlaps and holes are checked before an element is read. Data are copied out, so the bytes may be reused.
 *
 * @throws {FormatError} `INVALID_SAFETENSORS`, naming the tensor and the rule it breaks
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (!(bytes instanceof Uint8Array)) throw invalid(`expected the file's bytes as a Uint8Array, received ${typeof bytes}.`);
  const headerBytes = readHeaderSize(bytes);
  const header = readHeader(bytes.subarray(8, 8 + headerBytes));
  const body = bytes.subarray(8 + headerBytes);
  const metadata = readMetadata(header.get("__metadata__"));
  const entries: Entry[] = [];
  for (const [name, value] of header) if (name !== "__metadata__") entries.push(readEntry(name, value, body.length));
  checkCoverage(entries, body.length);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const entry of entries)
    tensors.set(entry.name, { dtype: entry.dtype, shape: entry.shape, data: dataOf(entry, body) } as SafetensorsTensor);
  return { tensors, metadata };
}

function readHeaderSize(bytes: Uint8Array): number {
  if (bytes.length < 8) throw invalid(`the file ends after ${bytes.length} bytes; the first 8 must hold the header's size.`);
  const size = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (size > largestHeaderBytes) throw invalid(`the header claims ${size} bytes; at most ${largestHeaderBytes} are allowed.`);
  if (Number(size) > bytes.length - 8)
    throw invalid(`the header claims ${size} bytes, but only ${bytes.length - 8} follow. The file is cut off.`);
  return Number(size);
}

function readHeader(bytes: Uint8Array): Map<string, unknown> {
  if (bytes[0] !== 0x7b) throw invalid("the header must begin with '{'.");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError("INVALID_SAFETENSORS", `safetensors: the header is no valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (!isRecord(header)) throw invalid("the header must be a JSON object.");
  return new Map(Object.entries(header));
}

function readMetadata(value: unknown): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  if (value === undefined) return metadata;
  if (!isRecord(value)) throw invalid("__metadata__ must be an object of strings.");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw invalid(`__metadata__.${key} must be a string, received ${shown(text)}.`);
    metadata[key] = text;
  }
  return metadata;
}

function readEntry(name: string, value: unknown, bodyBytes: number): Entry {
  if (!isRecord(value)) throw invalid(`tensor ${name} must be described by an object.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(elementBytes, dtype)) {
    throw invalid(`tensor ${name}: expected a dtype out of ${Object.keys(elementBytes).join(", ")}, received ${shown(dtype)}.`);
  }
  if (!isSizes(shape)) throw invalid(`tensor ${name}: expected a shape of whole numbers from 0, received ${shown(shape)}.`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw invalid(`tensor ${name}: expected data_offsets [start, end], received ${shown(offsets)}.`);
  const [start, end] = offsets as [number, number];
  if (start > end || end > bodyBytes)
    throw invalid(`tensor ${name}: data_offsets [${start}, ${end}] lie outside of the ${bodyBytes} bytes of data.`);
  const expected = shape.reduce((size, dimension) => size * dimension, elementBytes[dtype as SafetensorsDtype]);
  if (end - start !== expected)
    throw invalid(`tensor ${name}: ${dtype} [${shape.join(", ")}] takes ${expected} bytes, but data_offsets span ${end - start}.`);
  return { name, dtype: dtype as SafetensorsDtype, shape, start, end };
}

/** Every byte of the data belongs to exactly one tensor: hidden bytes would make two different files out of equal tensors. */
function checkCoverage(entries: readonly Entry[], bodyBytes: number): void {
  let position = 0;
  for (const { name, start, end } of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < position) throw invalid(`tensor ${name}: data from byte ${start} overlap another tensor's, which end at ${position}.`);
    if (start > position) throw invalid(`tensor ${name}: bytes ${position} to ${start} before it belong to no tensor.`);
    position = end;
  }
  if (position !== bodyBytes) throw invalid(`the last ${bodyBytes - position} bytes belong to no tensor.`);
}

function dataOf({ name, dtype, start, end }: Entry, body: Uint8Array): SafetensorsTensor["data"] {
  // Node's Buffer has a `slice` of its own, which shares the memory: this one copies, so that the element type's alignment holds.
  const data = Uint8Array.prototype.slice.call(body, start, end);
  switch (dtype) {
    case "F32":
      return new Float32Array(data.buffer);
    case "F16":
    case "BF16":
      return new Uint16Array(data.buffer);
    case "I32":
      return new Int32Array(data.buffer);
    case "I64":
      return new BigInt64Array(data.buffer);
    case "BOOL":
      if (data.some((bit) => bit > 1)) throw invalid(`tensor ${name}: BOOL data must be 0 or 1.`);
      return data;
    case "U8":
      return data;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** A field as a message shows it: not to its last level, which may be deeper than the stack. */
function shown(value: unknown): string {
  const flat = (each: unknown) =>
    typeof each === "object" && each !== null ? (Array.isArray(each) ? "[…]" : "{…}") : JSON.stringify(each);
  return Array.isArray(value) ? `[${value.slice(0, 8).map(flat).join(",")}${value.length > 8 ? ",…" : ""}]` : `${flat(value)}`.slice(0, 80);
}

function invalid(rule: string): FormatError {
  return new FormatError("INVALID_SAFETENSORS", `safetensors: ${rule}`);
}
