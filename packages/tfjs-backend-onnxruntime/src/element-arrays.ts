import { totalmem } from "node:os";
import { BackendError } from "./backend-error.js";
import type { GraphData, GraphDtype } from "./value.js";

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** Equal rank and dimensions? */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** An array full of one number. */
export function filled(dtype: "float32" | "int32" | "bool", size: number, number: number): Float32Array | Int32Array | Uint8Array {
  const data = emptyArray(dtype, size);
  return number === 0 && !Object.is(number, -0) ? data : data.fill(number);
}

/** Arrays of this many bytes or more are compared with the memory that there is. */
const largeBytes = 2 ** 30;

/** A zeroed array for elements of a TensorFlow.js dtype. @throws {BackendError} `OUT_OF_MEMORY` where it is larger than the machine's memory */
export function emptyArray(dtype: GraphDtype, size: number): Float32Array | Int32Array | Uint8Array {
  const bytes = size * (dtype === "bool" ? 1 : 4);
  if (bytes >= largeBytes && bytes > totalmem()) {
    const inGigabytes = (count: number) => (count / 2 ** 30).toFixed(1);
    throw new BackendError(
      "OUT_OF_MEMORY",
      `A ${dtype} tensor of ${size} elements needs ${inGigabytes(bytes)} GiB, and this machine has ${inGigabytes(totalmem())} GiB. Make it smaller, or compute it in parts.`,
    );
  }
  return dtype === "float32" ? new Float32Array(size) : dtype === "int32" ? new Int32Array(size) : new Uint8Array(size);
}

/** An array of a TensorFlow.js dtype that holds `content`. */
export function arrayOf(dtype: "float32" | "int32" | "bool", content: readonly number[]): GraphData {
  const data = emptyArray(dtype, content.length);
  data.set(content);
  return data;
}
