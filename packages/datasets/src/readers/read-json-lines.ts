import { checkOptions, InvalidDataError, nonEmptyString, shown } from "@quaterion/core";
import { rememberPlace } from "../row-place.js";
import { decodedFile } from "./decoded-file.js";
import { type TextFileOptions, textFileChecks } from "./text-file-options.js";

export type JsonLinesOptions = TextFileOptions;

/**
 * Reads a file with one JSON object a line; empty lines are passed over. Rows remember their file and line for error messages.
 * @typeParam Row the shape of a record; it is not checked here but by what reads the fields
 * @throws {InvalidDataError} naming file and row: no such file (with the nearest name), an empty one, a line that is no JSON object
 */
export async function readJsonLines<Row extends object = Record<string, unknown>>(
  path: string,
  options: JsonLinesOptions = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamJsonLines<Row>(path, options)) rows.push(row);
  if (rows.length === 0) throw new InvalidDataError("The file has no rows: expected a JSON object on each line.", { file: path });
  return rows;
}

/** Reads JSON Lines row by row, in bounded memory; else as {@link readJsonLines}. */
export async function* streamJsonLines<Row extends object = Record<string, unknown>>(
  path: string,
  options: JsonLinesOptions = {},
): AsyncGenerator<Row> {
  nonEmptyString(path, "path");
  checkOptions("readJsonLines", options, textFileChecks);
  let open: string[] = [];
  let row = 0;
  const record = (line: string): Row | undefined => {
    row++;
    if (line.trim() === "") return undefined;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new InvalidDataError(`The line is not JSON (${(cause as Error).message}): ${shown(line)}.`, { file: path, row }, { cause });
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new InvalidDataError(`Expected a JSON object, {"text": …}; received ${shown(value)}.`, { file: path, row });
    }
    rememberPlace(value, { file: path, row });
    return value as Row;
  };
  for await (const text of decodedFile(path, options.encoding ?? "utf-8", options.onProgress)) {
    const lines = text.split("\n");
    // Pieces of a long line are joined once, at its end.
    open.push(lines.shift()!);
    if (lines.length === 0) continue;
    lines.unshift(open.join(""));
    open = [lines.pop()!];
    for (const line of lines) {
      const value = record(line);
      if (value) yield value;
    }
  }
  const last = record(open.join(""));
  if (last) yield last;
}
