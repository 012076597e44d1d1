import { InvalidArgumentError } from "./errors.js";
import { suggestion } from "./nearest-name.js";

/** Checks one value and returns it with its type; throws an InvalidArgumentError that names the argument otherwise. */
export type Check<T> = (value: unknown, argument: string) => T;

/** The text of `value` as an error message shows it: short, and telling 3 from "3". */
export function shown(value: unknown): string {
  if (typeof value === "string") return `"${value.length > 60 ? `${value.slice(0, 57)}…` : value}"`;
  if (Object(value) !== value) return String(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  return `an object with keys ${
    Object.keys(value as object)
      .slice(0, 5)
      .join(", ") || "(none)"
  }`;
}

/** Throws the error of a value that an argument can't have. @param expected what it must be, as it stands after "must be" */
export function reject(argument: string, expected: string, value: unknown): never {
  throw new InvalidArgumentError(`\`${argument}\` must be ${expected}; received ${shown(value)}.`);
}

// Its calls are marked as pure: a bundle keeps those checks alone that it uses.
function numberCheck(expected: string, holds: (value: number) => boolean): Check<number> {
  return (value, argument) => (Number.isFinite(value) && holds(value as number) ? (value as number) : reject(argument, expected, value));
}

export const finiteNumber: Check<number> = /* @__PURE__ */ numberCheck("a finite number", () => true);
export const positiveFiniteNumber: Check<number> = /* @__PURE__ */ numberCheck("a finite number above 0", (v) => v > 0);
export const nonNegativeNumber: Check<number> = /* @__PURE__ */ numberCheck("a finite number of 0 or more", (v) => v >= 0);
export const positiveInteger: Check<number> = /* @__PURE__ */ numberCheck(
  "a whole number of 1 or more",
  (v) => Number.isSafeInteger(v) && v >= 1,
);
export const nonNegativeInteger: Check<number> = /* @__PURE__ */ numberCheck(
  "a whole number of 0 or more",
  (v) => Number.isSafeInteger(v) && v >= 0,
);
/** A number from 0 to 1, both included. */
export const fraction: Check<number> = /* @__PURE__ */ numberCheck("a number from 0 to 1", (v) => v >= 0 && v <= 1);

export const boolean: Check<boolean> = (value, argument) => (typeof value === "boolean" ? value : reject(argument, "true or false", value));

export const nonEmptyString: Check<string> = (value, argument) =>
  typeof value === "string" && value.trim() !== "" ? value : reject(argument, "a text that is not empty", value);

/** An array, typed or not, or what counts as one: it has a length. */
export const list: Check<ArrayLike<unknown>> = (value, argument) =>
  typeof value === "object" && Number.isSafeInteger((value as ArrayLike<unknown> | null)?.length)
    ? (value as ArrayLike<unknown>)
    : reject(argument, "an array", value);

/** A check that the value is one of `names`; the message suggests the nearest. */
export function oneOf<const Name extends string>(names: readonly Name[]): Check<Name> {
  return (value, argument) => {
    if (typeof value === "string" && (names as readonly string[]).includes(value)) return value as Name;
    const list = names.map((name) => `"${name}"`).join(", ");
    const hint = typeof value === "string" ? suggestion(value, names) : "";
    throw new InvalidArgumentError(
      `\`${argument}\` must be one of ${list}; received ${shown(value)}.${hint.startsWith(" Did") ? hint : ""}`,
    );
  };
}

/** The same for a few names: the message has them all, and a bundle has no need of what finds the nearest. */
export function oneOfFew<const Name extends string>(names: readonly Name[]): Check<Name> {
  return (value, argument) => (names.includes(value as Name) ? (value as Name) : reject(argument, `one of "${names.join('", "')}"`, value));
}

/** A check that lets `undefined` pass. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, argument) => (value === undefined ? undefined : check(value, argument));
}

/**
 * Checks an options object: no unknown key (the nearest known one is suggested), and each key that is present passes its check.
 * @param unit name of the factory or function, as the user wrote it: the message names `unit.option`
 */
export function checkOptions(unit: string, options: unknown, checks: Readonly<Record<string, Check<unknown>>>): void {
  if (options !== undefined && (typeof options !== "object" || options === null || Array.isArray(options))) {
    const names = Object.keys(checks);
    reject(unit, `given options by name, { ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""} }`, options);
  }
  if (options) {
    for (const name in options) {
      if (Object.hasOwn(checks, name)) continue;
      throw new InvalidArgumentError(`\`${unit}\` has no option \`${name}\`.${suggestion(name, Object.keys(checks))}`);
    }
  }
  checkFewOptions(unit, options, checks);
}

/** The same for a unit of few options: the message of an unknown one names them all, and a bundle has no need of what finds the nearest name. */
export function checkFewOptions(unit: string, options: unknown = {}, checks: Readonly<Record<string, Check<unknown>>>): void {
  if (!options || typeof options !== "object" || Array.isArray(options)) reject(unit, "given options by name", options);
  // Inherited ones too: whoever reads `options.margin` gets those as well.
  for (const name in options) {
    if (!Object.hasOwn(checks, name))
      throw new InvalidArgumentError(`\`${unit}\` has no option \`${name}\`. It has \`${Object.keys(checks).join("`, `")}\`.`);
    if (options[name as never] !== undefined) checks[name]!(options[name as never], `${unit}.${name}`);
  }
}

/** A check that lets everything pass: for options that are checked elsewhere or by their type alone. */
export const anything: Check<unknown> = (value) => value;
