import { checkOptions, InvalidArgumentError, InvalidDataError, nonEmptyString, optional, shown } from "@quaterion/core";
import { columnsCheck } from "./columns-check.js";
import { decodedFile } from "./decoded-file.js";
import { JsonCursor } from "./json-cursor.js";
import { JsonRecords } from "./json-records.js";
import { type TextFileOptions, textFileChecks } from "./text-file-options.js";

export interface JsonOptions<Column extends string = string> extends TextFileOptions {
  /** Where in the file the array of records is: a key, or the keys that lead to it. Default: the file's array, or the one array of records that its object holds. */
  records?: string | readonly string[] | undefined;
  /** Names for the items of records that are arrays, `[["where is my card", "card_arrival"], …]`. */
  columns?: readonly Column[] | undefined;
}

/**
 * Reads a JSON file: an array of objects, or an object that holds one. Records that are arrays are read with `columns`.
 * Rows remember their file and their place in the array (counted from 1) for error messages.
 * @typeParam Row the shape of a record; it is not checked here but by what reads the fields
 * @throws {InvalidDataError} naming file, row and column: no such file (with the nearest name), no array of records or more than one, a record
 * that is no object, text that is no JSON
 */
export async function readJson<Row extends object = Record<string, unknown>>(path: string, options: JsonOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamJson<Row>(path, options)) rows.push(row);
  if (rows.length === 0) throw new InvalidDataError("The array of records is empty: expected at least one.", { file: path });
  return rows;
}

/**
 * Reads a JSON file record by record, in bounded memory; else as {@link readJson}. What follows the array is read too: that there is a
 * second array of records, or that the file ends too early, is thrown at the end.
 */
export async function* streamJson<Row extends object = Record<string, unknown>>(
  path: string,
  options: JsonOptions = {},
): AsyncGenerator<Row> {
  nonEmptyString(path, "path");
  checkOptions("readJson", options, { ...textFileChecks, records: keysCheck, columns: columnsCheck });
  const { records, columns } = options;
  const keys = records === undefined ? undefined : typeof records === "string" ? [records] : records;
  const cursor = new JsonCursor(decodedFile(path, options.encoding ?? "utf-8", options.onProgress));
  const reading = new JsonRecords(cursor, path, columns);
  try {
    const first = await cursor.peek();
    if (first === "[" && (keys ?? []).length === 0) {
      cursor.take();
      yield* reading.elements() as AsyncGenerator<Row>;
    } else if (first === "{") {
      cursor.take();
      yield* reading.within(keys) as AsyncGenerator<Row>;
    } else if (first === "") throw new InvalidDataError("The file is empty: expected a JSON array of objects.", { file: path });
    else {
      const wanted = keys === undefined ? "a JSON array of objects, or an object that holds one" : `an object with the key "${keys[0]}"`;
      throw new InvalidDataError(`Expected ${wanted}; the file begins with ${shown(first)}.`, { file: path });
    }
    if ((await cursor.peek()) !== "")
      throw new InvalidDataError(
        `Something follows the end of the JSON on line ${cursor.line}. One object on each line is JSON Lines: use \`readJsonLines\`.`,
        { file: path },
      );
  } finally {
    await cursor.close();
  }
}

const keysCheck = optional((value, argument) => {
  const keys = typeof value === "string" ? [value] : value;
  if (Array.isArray(keys) && keys.length > 0 && keys.every((key) => typeof key === "string")) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a key of the file's object, or an array of keys; received ${shown(value)}.`);
});
