import { IncompatibleError } from "@quaterion/core";
import { float32FromFloat16 } from "@quaterion/formats";

/** One weight in the manifest of a TensorFlow.js graph model. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** How the numbers are stored where they take fewer bytes: value = stored · scale + min, or half precision. */
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number };
}

/** Part of `model.json`: groups of weights, each with the files that hold its bytes one after the other. */
export type WeightsManifest = readonly { readonly paths: readonly string[]; readonly weights: readonly WeightSpec[] }[];

/** A constant of a graph, row-major. */
export interface GraphTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

const bytesPerElement: Readonly<Record<string, number>> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1 };

/**
 * The weights of a TensorFlow.js graph model by their names, as float32 or int32, with quantisation undone.
 * @param bytes the bytes of each file that the manifest names
 * @throws {IncompatibleError} when a dtype is none of these or quantised as none of `uint8`, `uint16`, `float16`, or the files are too short or too long
 */
export function decodeWeights(manifest: WeightsManifest, bytes: ReadonlyMap<string, Uint8Array>): Map<string, GraphTensor> {
  const weights = new Map<string, GraphTensor>();
  for (const { paths, weights: specs } of manifest) {
    const group = joined(paths.map((path) => bytes.get(path)!));
    let start = 0;
    for (const spec of specs) {
      const stored = spec.quantization?.dtype ?? spec.dtype;
      const elementBytes = bytesPerElement[stored];
      if (elementBytes === undefined || (spec.dtype !== "float32" && spec.dtype !== "int32")) {
        throw new IncompatibleError(
          `Weight "${spec.name}" must be float32 or int32, plain or quantised as uint8, uint16 or float16; it is ${spec.dtype} stored as ${stored}.`,
        );
      }
      const size = spec.shape.reduce((product, dimension) => product * dimension, 1);
      const end = start + size * elementBytes;
      if (end > group.length) throw wrongLength(paths, `at least ${end}`, group.length);
      weights.set(spec.name, { shape: spec.shape, data: decoded(spec, stored, group.slice(start, end).buffer) });
      start = end;
    }
    if (start !== group.length) throw wrongLength(paths, String(start), group.length);
  }
  return weights;
}

function decoded({ dtype, quantization }: WeightSpec, stored: string, buffer: ArrayBuffer): Float32Array | Int32Array {
  if (stored === "float32") return new Float32Array(buffer);
  if (stored === "int32") return new Int32Array(buffer);
  if (stored === "float16") return float32FromFloat16(new Uint16Array(buffer));
  const { scale = 1, min = 0 } = quantization ?? {};
  const integers = stored === "uint8" ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return dtype === "int32"
    ? Int32Array.from(integers, (integer) => Math.round(integer * scale + min))
    : Float32Array.from(integers, (integer) => integer * scale + min);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let start = 0;
  for (const piece of pieces) {
    whole.set(piece, start);
    start += piece.length;
  }
  return whole;
}

function wrongLength(paths: readonly string[], expected: string, received: number): IncompatibleError {
  return new IncompatibleError(
    `The weights in ${paths[0]} and what follows it must take ${expected} bytes, as model.json says; received ${received}. Install the package again.`,
  );
}
