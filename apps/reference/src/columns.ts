import { InvalidArgumentError, suggestion } from "@quaterion/core";
import { InvalidArgumentError as InvalidValue, Option } from "commander";

/** The name of a column in the files of all sets, under `""`, and those of single sets, by the set's name. */
export type Columns = Readonly<Record<string, string>>;

/** `--text <column>` and the like: for all sets, or as `set=column` for one; may be repeated. */
export function columnOption(flag: string, what: string, column: string): Option {
  return new Option(`${flag} <column>`, `column of the ${what}; "set=column" names that of one set (repeat the option)`)
    .argParser(addColumn)
    .default({ "": column }, `"${column}"`);
}

function addColumn(given: string, before: Columns): Columns {
  const [, set = "", column] = /^(?:([^=]+)=)?([^=]+)$/s.exec(given) ?? [];
  if (!column?.trim()) throw new InvalidValue(`Expected a column, or set=column; received "${given}".`);
  return { ...before, [set]: column };
}

/** The column in the files of a set. */
export function columnOf(columns: Columns, set: string): string {
  return (Object.hasOwn(columns, set) ? columns[set] : columns[""])!;
}

/** @throws {InvalidArgumentError} when a column is named for a set that is not there */
export function checkColumns(flag: string, columns: Columns, sets: readonly string[]): void {
  const unknown = Object.keys(columns).find((set) => set !== "" && !sets.includes(set));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `\`${flag} ${unknown}=${columns[unknown]}\` is for the set "${unknown}", which \`--data\` does not name.${suggestion(unknown, sets)}`,
    );
}
