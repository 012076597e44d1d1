import { type Check, InvalidArgumentError, shown } from "@quaterion/core";

/** A check that a value has these methods. @param what what the value must be, and by what such values are made */
export const hasMethods =
  (what: string, ...methods: readonly string[]): Check<unknown> =>
  (value, argument) => {
    const missing = methods.find((method) => typeof (value as Record<string, unknown> | null)?.[method] !== "function");
    if (missing === undefined) return value;
    // What is forgotten most: to await a promise, and to call a factory.
    const received = value instanceof Promise ? "a promise" : shown(value);
    const fix = value instanceof Promise ? " Await it." : typeof value === "function" ? " Call it." : "";
    throw new InvalidArgumentError(`\`${argument}\` must be ${what}; received ${received}, which has no function \`${missing}\`.${fix}`);
  };
