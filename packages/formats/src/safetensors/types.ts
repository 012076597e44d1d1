/** Element types of the format that this reader and writer take. */
export type SafetensorsDtype = "F32" | "F16" | "BF16" | "I32" | "I64" | "BOOL" | "U8";

/** A named array: `data` are row-major. F16 and BF16 data are the raw 16 bits ({@link float32Values} decodes them); BOOL data are 0 or 1. */
export type SafetensorsTensor =
  | { readonly dtype: "F32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: "F16" | "BF16"; readonly shape: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: "I32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: "I64"; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: "BOOL" | "U8"; readonly shape: readonly number[]; readonly data: Uint8Array };

/** Contents of a file: tensors by name, and the free text pairs of its `__metadata__`. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes of one element. */
export const elementBytes: Readonly<Record<SafetensorsDtype, number>> = { F32: 4, F16: 2, BF16: 2, I32: 4, I64: 8, BOOL: 1, U8: 1 };

/** The same limit as the reference implementation's: a header above it is an attack or a mistake. */
export const largestHeaderBytes = 100_000_000;
