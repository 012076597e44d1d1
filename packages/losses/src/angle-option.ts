import { type Check, reject } from "@quaterion/core";

/**
 * A check of an option that is an angle in radians, from 0 to `largest`.
 * @param name the largest angle as the message shows it
 */
export function angleOption(largest: number, name: string): Check<number> {
  return (value, argument) =>
    typeof value === "number" && value >= 0 && value <= largest ? value : reject(argument, `an angle from 0 to ${name}, in radians`, value);
}
