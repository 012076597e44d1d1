import { type FrozenEncoder, InvalidArgumentError, shown } from "@quaterion/core";

/**
 * Checks encoders by name: at least one, each an encoder, and names that can be names of folders.
 * @param unit the factory, for messages
 */
export function checkParts(unit: string, encoders: unknown): asserts encoders is Readonly<Record<string, FrozenEncoder<unknown>>> {
  if (typeof encoders !== "object" || encoders === null || Array.isArray(encoders) || Object.keys(encoders).length === 0) {
    throw new InvalidArgumentError(`\`${unit}\` needs encoders by name, { name: encoder, … }; received ${shown(encoders)}.`);
  }
  for (const [name, encoder] of Object.entries(encoders as Readonly<Record<string, unknown>>)) {
    if (!isPartName(name)) {
      throw new InvalidArgumentError(
        `\`${unit}\` saves the encoder "${name}" in a folder of that name: use letters, digits, "_" and "-" only.`,
      );
    }
    const { encode, dim } = (encoder ?? {}) as Partial<FrozenEncoder<unknown>>;
    if (typeof encode !== "function" || typeof dim !== "number") {
      const hint = encoder instanceof Promise ? " Await it first." : "";
      throw new InvalidArgumentError(
        `\`${unit}\` needs an encoder under "${name}"; received ${encoder instanceof Promise ? "a promise" : shown(encoder)}.${hint}`,
      );
    }
  }
}

export function isPartName(name: string): boolean {
  return /^[\w-]+$/.test(name);
}
