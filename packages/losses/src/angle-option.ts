import { type Check, InvalidArgumentError, shown } from "@quaterion/core";

/**
 * A check of an option that is an angle in radians, from 0 to `largest`.
 * @param name the largest angle as the message shows it
 */
export function angleOption(largest: number, name: string): Check<number> {
  return (value, argument) => {
    if (typeof value === "number" && value >= 0 && value <= largest) return value;
    throw new InvalidArgumentError(`\`${argument}\` must be an angle from 0 to ${name}, in radians; received ${shown(value)}.`);
  };
}
