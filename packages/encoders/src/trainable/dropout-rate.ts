import { type Check, InvalidArgumentError, shown } from "@quaterion/core";

/** A number from 0 to below 1: at 1 nothing would be left. */
export const dropoutRate: Check<number> = (value, argument) => {
  if (typeof value === "number" && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a number from 0 to below 1; received ${shown(value)}.`);
};
