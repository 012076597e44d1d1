import { FormatError } from "../format-error.js";
import { MessageWriter } from "./protobuf.js";
import type { OnnxData, OnnxDtype, OnnxTensor } from "./types.js";

type ArrayType = { readonly name: string; new (length: number): ArrayBufferView };

/** Number of each element type in ONNX's `TensorProto.DataType`, and the array that holds such elements. */
const elementTypes: Readonly<Record<OnnxDtype, { code: number; array?: ArrayType }>> = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 3, array: Int8Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  string: { code: 8 },
  bool: { code: 9, array: Uint8Array },
  float16: { code: 10, array: Uint16Array },
  float64: { code: 11, array: Float64Array },
};

const textEncoder = new TextEncoder();

/** ONNX's number of an element type. */
export function elementType(dtype: OnnxDtype, where: string): number {
  const type = elementTypes[dtype];
  if (type === undefined) {
    throw new FormatError(
      "INVALID_ONNX_MODEL",
      `${where}: expected a dtype out of ${Object.keys(elementTypes).join(", ")}, received ${String(dtype)}.`,
    );
  }
  return type.code;
}

/** A `TensorProto`: raw little-endian bytes, or strings. */
export function tensorMessage(tensor: OnnxTensor, where: string, name?: string): MessageWriter {
  const code = elementType(tensor.dtype, where);
  checkData(tensor, where);
  const message = new MessageWriter();
  for (const size of tensor.shape) message.integer(1, size);
  message.integer(2, code);
  if (tensor.dtype === "string") for (const text of tensor.data as readonly string[]) message.bytes(6, textEncoder.encode(text));
  if (name !== undefined) message.string(8, name);
  if (tensor.dtype !== "string") message.bytes(9, bytesOf(tensor.data));
  return message;
}

function checkData({ dtype, shape, data }: OnnxTensor, where: string): void {
  let size = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw new FormatError("INVALID_ONNX_MODEL", `${where}: expected a shape of whole numbers from 0, received [${shape.join(", ")}].`);
    }
    size *= dimension;
  }
  const array = elementTypes[dtype].array;
  const fits = array === undefined ? Array.isArray(data) && data.every((text) => typeof text === "string") : data instanceof array;
  if (!fits) {
    throw new FormatError(
      "INVALID_ONNX_MODEL",
      `${where}: ${dtype} data must be ${array === undefined ? "an array of strings" : `a ${array.name}`}, received ${data.constructor.name}.`,
    );
  }
  if (data.length !== size) {
    throw new FormatError(
      "INVALID_ONNX_MODEL",
      `${where}: shape [${shape.join(", ")}] holds ${size} elements, but data has ${data.length}.`,
    );
  }
}

function bytesOf(data: OnnxData): Uint8Array {
  const view = data as Exclude<OnnxData, readonly string[]>;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return isLittleEndian ? bytes : swapped(bytes, view.BYTES_PER_ELEMENT);
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swapped(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const copy = bytes.slice();
  for (let start = 0; start < copy.length; start += elementBytes) copy.subarray(start, start + elementBytes).reverse();
  return copy;
}
