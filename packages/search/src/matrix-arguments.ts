import { InvalidArgumentError, positiveInteger, shown } from "@quaterion/core";

/** Checks that `value` is a Float32Array that holds whole rows or columns of `size` numbers; returns how many. */
export function countOf(value: Float32Array, size: number, argument: string, sizeName: string): number {
  if (!(value instanceof Float32Array)) throw new InvalidArgumentError(`\`${argument}\` must be a Float32Array; received ${shown(value)}.`);
  positiveInteger(size, sizeName);
  if (value.length % size !== 0) {
    throw new InvalidArgumentError(
      `The length of \`${argument}\` must be a multiple of \`${sizeName}\`, ${size}; received ${value.length} numbers. Pass a matrix row by row, or mend \`${sizeName}\`.`,
    );
  }
  return value.length / size;
}

/** The result's array: the caller's, which must have the right length, or a new one. */
export function resultOf(rows: number, columns: number, inputs: readonly Float32Array[], out: Float32Array | undefined): Float32Array {
  if (out === undefined) return new Float32Array(rows * columns);
  if (!(out instanceof Float32Array) || out.length !== rows * columns) {
    const received = out instanceof Float32Array ? `${out.length} numbers` : shown(out);
    throw new InvalidArgumentError(
      `\`out\` must be a Float32Array of ${rows} × ${columns} = ${rows * columns} numbers; received ${received}.`,
    );
  }
  if (inputs.some((input) => input.buffer === out.buffer && overlaps(input, out))) {
    throw new InvalidArgumentError("`out` must not share memory with a factor: it is written while they are read. Pass another array.");
  }
  return out;
}

function overlaps(a: Float32Array, b: Float32Array): boolean {
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
