import { InvalidArgumentError, shown } from "@quaterion/core";

/**
 * Checks that every value is a text with something in it.
 * @param encoder name of the encoder, for the message
 * @throws {InvalidArgumentError} that names the index of the first value that is not
 */
export function checkTexts(encoder: string, values: readonly unknown[]): asserts values is readonly string[] {
  if (!Array.isArray(values)) {
    throw new InvalidArgumentError(
      `\`values\` of encoder "${encoder}" must be an array of texts; received ${shown(values)}. Put a single text into an array.`,
    );
  }
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    if (typeof value === "string" && value.trim() !== "") continue;
    throw new InvalidArgumentError(
      `\`values[${i}]\` of encoder "${encoder}" must be a text that is not empty; received ${shown(value)}. Leave such rows out, or give them a text.`,
    );
  }
}
