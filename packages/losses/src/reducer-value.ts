import { type Check, reject } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";

/** Checks an option that takes a reducer. */
export const reducerValue: Check<Reducer> = (value, argument) =>
  typeof (value as Reducer | null)?.reduce === "function"
    ? (value as Reducer)
    : reject(argument, "a reducer, such as mean() or perAnchor()", value);
