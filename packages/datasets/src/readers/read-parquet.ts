import {
  boolean,
  checkOptions,
  InvalidDataError,
  nonEmptyString,
  type OnProgress,
  QuaterionError,
  shown,
  suggestion,
} from "@quaterion/core";
import type { DecodedArray, ParquetScan } from "hyparquet";
import { rememberPlace } from "../row-place.js";
import { columnsCheck } from "./columns-check.js";
import { classNamesOf, openParquet, type ParquetFile, parquetCompressors } from "./parquet-file.js";
import { readingProgress } from "./reading-progress.js";
import { aFunction } from "./text-file-options.js";

export interface ParquetOptions<Column extends string = string> {
  /** Columns to read; the others are not even unpacked. Default: all. */
  columns?: readonly Column[] | undefined;
  /** Whether numbers of classes that Hugging Face's `datasets` wrote are read as the names that the file has for them. Default true. */
  classNames?: boolean | undefined;
  /** Told of rows read. */
  onProgress?: OnProgress | undefined;
}

/** One row of a Parquet file: texts (bytes where the file does not call a column text), numbers, true or false, `Date`s, arrays and records of these, null where there is nothing. */
export type ParquetRow<Column extends string = string> = Record<Column, unknown>;

/**
 * Reads a Parquet file, packed with snappy, gzip, zstd, brotli or lz4. Whole numbers of 64 bits are numbers where a number holds them exactly.
 * Rows remember their file and number (from 1) for error messages.
 * @typeParam Row the shape of a row; it is not checked here but by what reads the fields
 * @throws {InvalidDataError} naming file, row and column: no such file or column (with the nearest name), no Parquet, damaged pages
 */
export async function readParquet<Row extends object = ParquetRow>(path: string, options: ParquetOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamParquet<Row>(path, options)) rows.push(row);
  if (rows.length === 0) throw new InvalidDataError("The file has no rows.", { file: path });
  return rows;
}

/** Rows that are held at once, of a file with an index of its pages. */
const slice = 16_384;

/**
 * Reads a Parquet file row by row. Held at once are the chosen columns of one row group, of which a file says itself how large they are (of a
 * file with an index of its pages: of 16,384 rows); else as {@link readParquet}.
 */
export async function* streamParquet<Row extends object = ParquetRow>(path: string, options: ParquetOptions = {}): AsyncGenerator<Row> {
  nonEmptyString(path, "path");
  checkOptions("readParquet", options, { columns: columnsCheck, classNames: boolean, onProgress: aFunction });
  const opened = await openParquet(path);
  try {
    yield* rowsOf(path, opened, options) as AsyncGenerator<Row>;
  } finally {
    await opened.close();
  }
}

async function* rowsOf(path: string, { metadata, columns: known, file }: ParquetFile, options: ParquetOptions): AsyncGenerator<ParquetRow> {
  const columns = options.columns ?? known;
  const twice = columns.find((name) => known.indexOf(name) !== known.lastIndexOf(name));
  if (twice !== undefined)
    throw new InvalidDataError("Two columns have this name: write the file again with one renamed.", { file: path, column: twice });
  const missing = columns.find((name) => !known.includes(name));
  if (missing !== undefined)
    throw new InvalidDataError(`There is no such column.${suggestion(missing, known)}`, { file: path, column: missing });
  const names = options.classNames === false ? new Map<string, readonly string[]>() : classNamesOf(metadata);
  const tell = readingProgress(options.onProgress, { phase: `reading ${path}`, unit: "rows", total: Number(metadata.num_rows) });
  const { parquetScan } = await import("hyparquet");
  const compressors = await parquetCompressors(metadata);
  const scan = await parquetScan({ file, metadata, columns: [...columns], utf8: false, compressors }).catch((cause) => {
    throw new InvalidDataError(`The file can't be read: ${(cause as Error).message}.`, { file: path }, { cause });
  });
  const indexed = metadata.row_groups.every((group) =>
    group.columns.every(
      ({ meta_data, offset_index_length }) => !columns.includes(meta_data?.path_in_schema[0] ?? "") || offset_index_length,
    ),
  );
  for (const range of scan.ranges) {
    const step = indexed ? slice : range.rowEnd - range.rowStart;
    for (let rowStart = range.rowStart; rowStart < range.rowEnd; rowStart += step) {
      const rowEnd = Math.min(range.rowEnd, rowStart + step);
      const data: DecodedArray[] = [];
      for (const column of columns) data.push(await columnOf(scan, path, { column, rowStart, rowEnd }));
      for (let row = rowStart; row < rowEnd; row++) {
        const fields = Object.create(null) as ParquetRow;
        const place = { file: path, row: row + 1 };
        for (const [c, column] of columns.entries()) {
          const value = plain(data[c]![row - rowStart]);
          const list = names.get(column);
          fields[column] = list === undefined ? value : className(value, list, { ...place, column });
        }
        rememberPlace(fields, place);
        yield fields;
        tell(row + 1);
      }
    }
  }
  tell(Number(metadata.num_rows), true);
}

async function columnOf(
  scan: ParquetScan,
  file: string,
  range: { column: string; rowStart: number; rowEnd: number },
): Promise<DecodedArray> {
  const { column, rowStart, rowEnd } = range;
  const damaged = (what: string, cause?: unknown) =>
    new InvalidDataError(
      `Rows ${rowStart + 1} to ${rowEnd} can't be read: ${what}. Get the file again, or write it again with another compression.`,
      { file, row: rowStart + 1, column },
      { cause },
    );
  let data: DecodedArray;
  try {
    data = await scan.readColumn(range);
  } catch (cause) {
    if (QuaterionError.is(cause)) throw cause;
    throw damaged((cause as Error).message, cause);
  }
  if (data.length !== rowEnd - rowStart) throw damaged(`the column has ${data.length} values for ${rowEnd - rowStart} rows`);
  return data;
}

/** A value with numbers where big integers hold no more than a number can, and null where there is nothing. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

/** The name of a class by its number; −1 stands for none. */
function className(value: unknown, names: readonly string[], place: { file: string; row: number; column: string }): string | null {
  if (value === null || value === -1) return null;
  const name = typeof value === "number" ? names[value] : undefined;
  if (name !== undefined) return name;
  throw new InvalidDataError(
    `The file names classes 0 to ${names.length - 1}; received ${shown(value)}. Pass \`classNames: false\` to read the numbers.`,
    place,
  );
}
