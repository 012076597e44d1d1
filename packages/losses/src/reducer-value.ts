import { type Check, InvalidArgumentError, shown } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";

/** Checks an option that takes a reducer. */
export const reducerValue: Check<Reducer> = (value, argument) => {
  if (typeof value === "object" && value !== null && "reduce" in value && typeof value.reduce === "function") return value as Reducer;
  throw new InvalidArgumentError(`\`${argument}\` must be a reducer, such as mean() or perAnchor(); received ${shown(value)}.`);
};
