import { type Check, reject } from "@quaterion/core";
import type { Reducer } from "@quaterion/core/training";

/** Checks an option that takes a reducer. */
export const reducerValue: Check<Reducer> = (value, argument) =>
  (value as Reducer | null)?.reduce ? (value as Reducer) : reject(argument, "a reducer like mean()", value);
