import { type CacheEntry, type CacheKey, InvalidArgumentError, NonFiniteError, nonEmptyString, shown } from "@quaterion/core";

/** Checks the name of a space: an encoder's fingerprint. */
export function checkSpace(space: unknown): string {
  return nonEmptyString(space, "space");
}

/** Checks keys: bytes. */
export function checkKeys(keys: readonly CacheKey[]): void {
  const bad = keys.findIndex((key) => !(key instanceof Uint8Array));
  if (bad >= 0) throw new InvalidArgumentError(`\`keys[${bad}]\` must be a Uint8Array; received ${shown(keys[bad])}.`);
}

/** Checks that an entry's numbers are finite and as many as its shape says. */
export function checkEntry({ shape, data }: CacheEntry, at: number): void {
  if (!(data instanceof Float32Array))
    throw new InvalidArgumentError(`The data of entry ${at} must be a Float32Array; received ${shown(data)}.`);
  const whole = Array.isArray(shape) && shape.length > 0 && shape.length < 256 && shape.every((size) => Number.isInteger(size) && size > 0);
  if (!whole || shape.reduce((product, size) => product * size, 1) !== data.length) {
    throw new InvalidArgumentError(
      `The shape of entry ${at} must be whole numbers above 0 whose product is the length of its data, ${data.length}; received [${shape}].`,
    );
  }
  // A plain loop: calling a function for each number takes longer than storing it.
  for (let place = 0; place < data.length; place++) {
    if (!Number.isFinite(data[place]!))
      throw new NonFiniteError(`Entry ${at} holds ${data[place]} at place ${place}: it was not stored, nor was anything of this call.`);
  }
}
