import { Readable } from "node:stream";
import {
  boolean,
  checkOptions,
  InvalidArgumentError,
  InvalidDataError,
  nonEmptyString,
  optional,
  shown,
  suggestion,
} from "@quaterion/core";
import { CsvError, parse } from "csv-parse";
import { rememberPlace } from "../row-place.js";
import { columnsCheck } from "./columns-check.js";
import { decodedFile } from "./decoded-file.js";
import { headerDelimiter } from "./header-delimiter.js";
import { type TextFileOptions, textFileChecks } from "./text-file-options.js";

export interface CsvOptions<Column extends string = string> extends TextFileOptions {
  /**
   * What separates fields; default a tab for names that end in .tsv or .tab (or .tsv.gz), else a comma, or what the header line has where it has no comma:
   * semicolons or tabs.
   */
  delimiter?: string | undefined;
  /** Columns that must be there; without a header line, the names of all columns in order. */
  columns?: readonly Column[] | undefined;
  /** Whether the first line names the columns; default true. */
  header?: boolean | undefined;
}

/** One record of a CSV file. */
export type CsvRow<Column extends string = string> = Record<Column, string>;

/**
 * Reads a CSV or TSV file: quoted fields, line ends of any kind, a byte order mark. Rows remember their file and line for error messages.
 * @throws {InvalidDataError} naming file and row: no such file (with the nearest name), an empty one, a missing column, a row with too few or
 * too many fields, quotes that do not close, bytes of another encoding
 */
export async function readCsv<const Column extends string = string>(
  path: string,
  options: CsvOptions<Column> = {},
): Promise<CsvRow<Column>[]> {
  const rows: CsvRow<Column>[] = [];
  for await (const row of streamCsv(path, options)) rows.push(row);
  if (rows.length === 0) throw new InvalidDataError("There are no rows below the header line.", { file: path });
  return rows;
}

/** Reads a CSV or TSV file row by row, in bounded memory; else as {@link readCsv}. */
export async function* streamCsv<const Column extends string = string>(
  path: string,
  options: CsvOptions<Column> = {},
): AsyncGenerator<CsvRow<Column>> {
  nonEmptyString(path, "path");
  checkOptions("readCsv", options, {
    delimiter: delimiterCheck,
    columns: columnsCheck,
    header: boolean,
    ...textFileChecks,
  });
  const { columns, header = true, encoding = "utf-8" } = options;
  if (!header && columns === undefined)
    throw new InvalidArgumentError("`readCsv.columns` must name the columns of a file without a header line.");
  const byName = /\.(tsv|tab)(\.gz)?$/i.test(path) ? "\t" : undefined;
  const delimiter = options.delimiter ?? byName ?? (header ? await headerDelimiter(path, encoding) : ",");

  const parser = parse({ delimiter, record_delimiter: ["\r\n", "\n", "\r"], relax_column_count: true, skip_empty_lines: true, info: true });
  let names: readonly string[] | undefined = header ? undefined : columns;
  let lastRow = 0;
  const source = Readable.from(decodedFile(path, encoding, options.onProgress));
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const row = info.lines - record.reduce((sum, field) => sum + (field.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
      lastRow = info.lines;
      if (names === undefined) {
        names = headerNames(record, path, columns);
        continue;
      }
      if (record.length !== names.length) {
        throw new InvalidDataError(
          `The row has ${record.length} field${record.length === 1 ? "" : "s"}; expected ${names.length} (${names.slice(0, 8).join(", ")}). A field that holds ${delimiter === "\t" ? "a tab" : shown(delimiter)} or a line end needs quotes around it.`,
          { file: path, row, ...(record.length < names.length ? { column: names[record.length] } : {}) },
        );
      }
      const fields = Object.create(null) as CsvRow<Column>;
      for (let i = 0; i < names.length; i++) fields[names[i] as Column] = record[i]!;
      rememberPlace(fields, { file: path, row });
      yield fields;
    }
  } catch (error) {
    if (error instanceof CsvError) throw quoteError(error, path, lastRow, names);
    throw error;
  } finally {
    source.destroy();
    parser.destroy();
  }
  if (names === undefined) throw new InvalidDataError("The file is empty: expected a header line and rows.", { file: path });
}

function headerNames(names: readonly string[], file: string, needed: readonly string[] = []): readonly string[] {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new InvalidDataError("Two columns have this name: rename one in the header line.", { file, row: 1, column: twice });
  for (const name of needed) {
    if (!names.includes(name))
      throw new InvalidDataError(
        `There is no such column.${suggestion(name, names)}${needed.some((one) => names.includes(one)) ? "" : ` The first line must name the columns: if it is data, put a line like "${needed.join(",")}" above it.`}`,
        { file, row: 1, column: name },
      );
  }
  return names;
}

/** A broken quote, at the row where its record begins. */
function quoteError(error: CsvError, file: string, lastRow: number, names: readonly string[] | undefined): InvalidDataError {
  const at = error as { column?: unknown; lines?: number; code: string };
  const column = typeof at.column === "number" ? names?.[at.column] : undefined;
  const place = {
    file,
    row: at.code === "CSV_QUOTE_NOT_CLOSED" ? lastRow + 1 : (at.lines ?? lastRow + 1),
    ...(column === undefined ? {} : { column }),
  };
  const what =
    at.code === "CSV_QUOTE_NOT_CLOSED"
      ? "A field that begins with a quote here does not end before the file does"
      : at.code === "INVALID_OPENING_QUOTE" || at.code === "CSV_INVALID_CLOSING_QUOTE"
        ? "A quote stands inside a field"
        : error.message;
  return new InvalidDataError(`${what}. Put the whole field in quotes, and write a quote inside it twice ("").`, place, { cause: error });
}

const delimiterCheck = optional((value, argument) => {
  if (typeof value === "string" && value !== "" && !/["\r\n]/.test(value)) return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a text like "," or "\\t"; received ${shown(value)}.`);
});
