import { InvalidArgumentError } from "@quaterion/core";

/** Checks that the options of a reader of records name the fields that have no default. */
export function checkFields(unit: string, options: object, needed: readonly string[]): void {
  for (const name of needed) {
    if ((options as Record<string, unknown> | undefined)?.[name] === undefined)
      throw new InvalidArgumentError(`\`${unit}.${name}\` must name a column, or be a function of the record.`);
  }
}
