import { FormatError } from "../format-error.js";
import { elementBytes, largestHeaderBytes, type SafetensorsTensor } from "./types.js";

const arrayNames: Readonly<Record<SafetensorsTensor["dtype"], string>> = {
  F32: "Float32Array",
  F16: "Uint16Array",
  BF16: "Uint16Array",
  I32: "Int32Array",
  I64: "BigInt64Array",
  BOOL: "Uint8Array",
  U8: "Uint8Array",
};

/**
 * The bytes of a safetensors file.
 *
 * Equal tensors and metadata give equal bytes whatever their order: tensors are laid out by element size (widest first, so each is aligned), then by name; keys are sorted.
 *
 * @throws {FormatError} `INVALID_TENSOR` when data do not fit their dtype or shape, or a name is `__metadata__`
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsTensor> | Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  if (typeof tensors !== "object" || tensors === null)
    throw new FormatError("INVALID_TENSOR", `tensors: expected a Map or an object of tensors by name, received ${typeof tensors}.`);
  const entries: [string, SafetensorsTensor][] = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  entries.sort(([nameA, a], [nameB, b]) => elementBytes[b.dtype] - elementBytes[a.dtype] || (nameA < nameB ? -1 : 1));
  const fields: string[] = [];
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length > 0)
    fields.push(`"__metadata__":{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(String(value))}`).join(",")}}`);
  let position = 0;
  for (const [name, tensor] of entries) {
    check(name, tensor);
    const end = position + tensor.data.byteLength;
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: tensor.dtype, shape: tensor.shape, data_offsets: [position, end] })}`);
    position = end;
  }
  const json = `{${fields.join(",")}}`;
  const unpadded = new TextEncoder().encode(json);
  // Spaces after the JSON align the data to 8 bytes.
  const headerBytes = Math.ceil(unpadded.length / 8) * 8;
  if (headerBytes > largestHeaderBytes)
    throw new FormatError(
      "INVALID_TENSOR",
      `safetensors: names and metadata take ${headerBytes} bytes; at most ${largestHeaderBytes} are allowed.`,
    );
  const bytes = new Uint8Array(8 + headerBytes + position);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(unpadded, 8);
  let offset = 8 + headerBytes;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function check(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  if (name === "__metadata__")
    throw new FormatError("INVALID_TENSOR", "tensor __metadata__: the format keeps this name for itself. Choose another one.");
  if (!Object.hasOwn(elementBytes, dtype)) {
    throw new FormatError(
      "INVALID_TENSOR",
      `tensor ${name}: expected a dtype out of ${Object.keys(elementBytes).join(", ")}, received ${String(dtype)}.`,
    );
  }
  if (data.constructor.name !== arrayNames[dtype]) {
    throw new FormatError(
      "INVALID_TENSOR",
      `tensor ${name}: ${dtype} data must be a ${arrayNames[dtype]}, received ${data.constructor.name}.`,
    );
  }
  const size = shape.reduce(
    (product, dimension) => (Number.isSafeInteger(dimension) && dimension >= 0 ? product * dimension : Number.NaN),
    1,
  );
  if (size !== data.length)
    throw new FormatError(
      "INVALID_TENSOR",
      `tensor ${name}: shape [${shape.join(", ")}] does not hold the ${data.length} elements of its data.`,
    );
  if (dtype === "BOOL" && (data as Uint8Array).some((bit) => bit > 1))
    throw new FormatError("INVALID_TENSOR", `tensor ${name}: BOOL data must be 0 or 1.`);
}
