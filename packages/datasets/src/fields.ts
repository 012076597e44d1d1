import { InvalidDataError, shown, suggestion } from "@quaterion/core";
import { placeOf } from "./row-place.js";

/** A column by its name, or a function that reads a record. */
export type Field<Row> = (keyof Row & string) | ((row: Row, index: number) => unknown);

/** What a {@link Field} gives. */
export type FieldValue<Row, F> = F extends (row: Row, index: number) => infer Value ? Value : F extends keyof Row ? Row[F] : never;

/** Reads one field of one record. */
export function fieldOf<Row extends object, F extends Field<Row>>(row: Row, index: number, field: F): FieldValue<Row, F> {
  if (typeof field === "function") return field(row, index) as FieldValue<Row, F>;
  const column: PropertyKey = field;
  // What every object has, like "constructor", is no column.
  if (!(column in row) || (Object.hasOwn(Object.prototype, column) && !Object.hasOwn(row, column))) {
    throw new InvalidDataError(
      `There is no such column.${suggestion(String(column), Object.keys(row))}`,
      placeOf(row, index, String(column)),
    );
  }
  return row[field as keyof Row] as FieldValue<Row, F>;
}

/** The column's name, for messages. */
export function columnOf(field: unknown): string | undefined {
  return typeof field === "string" ? field : undefined;
}

/**
 * Reads a field that is to be encoded.
 * @throws {InvalidDataError} with file, row and column, when it is missing, an empty text, or an array with a number that is not finite
 */
export function encodedValueOf<Row extends object, F extends Field<Row>>(row: Row, index: number, field: F): FieldValue<Row, F> {
  const value = fieldOf(row, index, field);
  const wrong = (what: string) => new InvalidDataError(what, placeOf(row, index, columnOf(field)));
  if (value === undefined || value === null) throw wrong(`The value is missing: expected something to encode; received ${value}.`);
  if (typeof value === "string" && value.trim() === "") throw wrong("The text is empty: write one, or leave the row out.");
  if (typeof value === "number" && !Number.isFinite(value)) throw wrong(`Expected a finite number; received ${value}.`);
  const vector = value instanceof Float32Array || value instanceof Float64Array || (Array.isArray(value) && typeof value[0] === "number");
  if (vector) {
    const numbers = value as ArrayLike<unknown>;
    for (let i = 0; i < numbers.length; i++)
      if (!Number.isFinite(numbers[i])) throw wrong(`The vector holds ${shown(numbers[i])} at position ${i}: expected finite numbers.`);
  }
  return value;
}

/**
 * Reads a label as text.
 * @returns undefined where the row has none (an empty text, null or undefined)
 * @throws {InvalidDataError} when it is not a text, a whole or finite number, or true or false
 */
export function labelOf<Row extends object>(row: Row, index: number, field: Field<Row>): string | undefined {
  const label: unknown = fieldOf(row, index, field);
  if (label === undefined || label === null) return undefined;
  if (typeof label === "string") return label.trim() === "" ? undefined : label;
  if (typeof label === "boolean" || typeof label === "bigint" || (typeof label === "number" && Number.isFinite(label)))
    return String(label);
  throw new InvalidDataError(`A label must be a text or a number; received ${shown(label)}.`, placeOf(row, index, columnOf(field)));
}
