import { InvalidArgumentError, optional, shown } from "@quaterion/core";

/** A check that the value is an array of column names, if there is one. */
export const columnsCheck = optional((value, argument) => {
  if (Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string")) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be an array of column names; received ${shown(value)}.`);
});
