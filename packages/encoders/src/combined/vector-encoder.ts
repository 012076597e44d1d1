import { type EncoderReference, type FrozenEncoder, InvalidArgumentError, positiveInteger, shown } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";

/** A vector as a value. */
export type VectorValue = Float32Array | readonly number[];

/**
 * Checks a vector.
 * @param argument its name, for the message
 * @throws {InvalidArgumentError} when it is not an array of `dim` finite numbers
 */
export function checkVector(vector: unknown, dim: number, argument: string): VectorValue {
  if (!Array.isArray(vector) && !(vector instanceof Float32Array)) {
    throw new InvalidArgumentError(`\`${argument}\` must be a vector, a Float32Array or an array of numbers; received ${shown(vector)}.`);
  }
  if (vector.length !== dim) {
    throw new InvalidArgumentError(`\`${argument}\` must have ${dim} numbers; received ${vector.length}.`);
  }
  for (let i = 0; i < dim; i++) {
    if (!Number.isFinite(vector[i]))
      throw new InvalidArgumentError(`\`${argument}[${i}]\` must be a finite number; received ${shown(vector[i])}.`);
  }
  return vector;
}

/**
 * Values that are vectors already, as they come from anywhere: passes them on as they are, checked. Float32 `[values, dim]`.
 * @throws {InvalidArgumentError} when `dim` is not a whole number of 1 or more; from `encode` for a value that is not `dim` finite numbers
 */
export function vectorEncoder(dim: number): FrozenEncoder<VectorValue> {
  positiveInteger(dim, "dim");
  const name = `vectors of ${dim}`;
  const fingerprint = sha256("vector/1", String(dim));
  return {
    name,
    fingerprint,
    dim,
    async encode(values) {
      const vectors = new Float32Array(values.length * dim);
      for (const [i, value] of values.entries()) vectors.set(checkVector(value, dim, `values[${i}]`), i * dim);
      return vectors;
    },
    key: (value) => new Uint8Array(Float32Array.from(value).buffer),
    async save(): Promise<EncoderReference> {
      return { kind: "vector", name, fingerprint, dim, files: {}, config: { dim } };
    },
  };
}
