import { type Check, InvalidArgumentError, nonEmptyString, type OnProgress, shown } from "@quaterion/core";

/** What readers of text files have in common. Names that end in `.gz` are unpacked on the way. */
export interface TextFileOptions {
  /** Default "utf-8"; any that `TextDecoder` knows. */
  encoding?: string | undefined;
  /** Told of bytes read, of those on disk. */
  onProgress?: OnProgress | undefined;
}

/** A check that the value is a function. */
export const aFunction: Check<unknown> = (value, argument) => {
  if (typeof value === "function") return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a function; received ${shown(value)}.`);
};

/** Checks of {@link TextFileOptions}. */
export const textFileChecks = { encoding: nonEmptyString, onProgress: aFunction } as const;
