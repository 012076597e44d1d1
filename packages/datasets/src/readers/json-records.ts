import { type DataPlace, InvalidDataError, shown, suggestion } from "@quaterion/core";
import { rememberPlace } from "../row-place.js";
import type { JsonCursor } from "./json-cursor.js";

/** Reads the records of a JSON array, or of the array that an object holds, from where a cursor is. */
export class JsonRecords {
  readonly #cursor: JsonCursor;
  readonly #file: string;
  readonly #columns: readonly string[] | undefined;

  /** @param columns names for the items of records that are arrays */
  constructor(cursor: JsonCursor, file: string, columns: readonly string[] | undefined) {
    this.#cursor = cursor;
    this.#file = file;
    this.#columns = columns;
  }

  /** Each element of an array whose bracket was taken. */
  async *elements(): AsyncGenerator<object> {
    for (let row = 1; await this.#goesOn("]", row === 1, row); row++) {
      const place = { file: this.#file, row };
      const value = await this.#value(place);
      const record = Array.isArray(value) && this.#columns ? named(value, this.#columns, place) : value;
      if (typeof record !== "object" || record === null || Array.isArray(record)) {
        const hint = Array.isArray(record) ? " Name the items of arrays with `columns`." : "";
        throw new InvalidDataError(`Expected a JSON object, {"text": …}; received ${shown(record)}.${hint}`, place);
      }
      rememberPlace(record, place);
      yield record;
    }
  }

  /** The records of the array that `keys` lead to, in an object whose brace was taken; without keys, of the one array that has any. */
  async *within(keys: readonly string[] | undefined): AsyncGenerator<object> {
    const seen: string[] = [];
    let found: string | undefined;
    for (let first = true; await this.#goesOn("}", first); first = false) {
      const key = await this.#value({ file: this.#file });
      if (typeof key !== "string" || (await this.#cursor.peek()) !== ":") throw await this.#broken("a key and a colon");
      this.#cursor.take();
      seen.push(key);
      const begin = await this.#cursor.peek();
      if (keys === undefined ? begin !== "[" : key !== keys[0]) {
        await this.#cursor.value(false);
        continue;
      }
      const [wanted, what] = keys === undefined || keys.length === 1 ? ["[", "array"] : ["{", "object"];
      if (begin !== wanted)
        throw new InvalidDataError(`"${key}" is no ${what}: expected one that holds the records.`, { file: this.#file });
      this.#cursor.take();
      if (keys === undefined && !(await this.#holdsRecords())) {
        for (let element = 1; await this.#goesOn("]", element === 1); element++) await this.#cursor.value(false);
        continue;
      }
      if (found !== undefined) {
        const message =
          keys === undefined
            ? `There are several arrays of records, "${found}" and "${key}": name one with \`records\`.`
            : `The key "${key}" comes twice.`;
        throw new InvalidDataError(message, { file: this.#file });
      }
      found = key;
      if (wanted === "[") yield* this.elements();
      else yield* this.within(keys!.slice(1));
    }
    if (found !== undefined) return;
    const message =
      keys === undefined
        ? `The object holds no array of records, {"data": [{"text": …}, …]}; its keys are ${seen.slice(0, 8).join(", ") || "(none)"}.`
        : `There is no key "${keys[0]}".${suggestion(keys[0]!, seen)}`;
    throw new InvalidDataError(message, { file: this.#file });
  }

  /** Whether the array whose bracket was taken begins like one of records. */
  async #holdsRecords(): Promise<boolean> {
    const first = await this.#cursor.peek();
    return first === "{" || (first === "[" && this.#columns !== undefined);
  }

  /** Goes over the comma before the next element; false after the end of an array or object, which is taken. */
  async #goesOn(close: "]" | "}", first: boolean, row?: number): Promise<boolean> {
    let next = await this.#cursor.peek();
    if (next === close) {
      this.#cursor.take();
      return false;
    }
    if (!first) {
      if (next !== ",") throw await this.#broken(`"," or "${close}"`, row);
      this.#cursor.take();
      next = await this.#cursor.peek();
      if (next === close) throw await this.#broken("another element after the comma", row);
    }
    if (next === "") throw await this.#broken(`"${close}"`, row);
    return true;
  }

  async #value(place: DataPlace): Promise<unknown> {
    const { line } = this.#cursor;
    const text = await this.#cursor.value();
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new InvalidDataError(`What begins on line ${line} is not JSON (${(cause as Error).message}): ${shown(text)}.`, place, {
        cause,
      });
    }
  }

  async #broken(expected: string, row?: number): Promise<InvalidDataError> {
    const next = await this.#cursor.peek();
    return new InvalidDataError(
      `The JSON is broken on line ${this.#cursor.line}: expected ${expected}; ${next === "" ? "the file ends here. Get the whole file" : `received ${shown(next)}`}.`,
      { file: this.#file, ...(row === undefined ? {} : { row }) },
    );
  }
}

function named(items: readonly unknown[], columns: readonly string[], place: DataPlace): Record<string, unknown> {
  if (items.length !== columns.length)
    throw new InvalidDataError(`The record has ${items.length} items; expected ${columns.length} (${columns.join(", ")}).`, {
      ...place,
      ...(items.length < columns.length ? { column: columns[items.length] } : {}),
    });
  const record: Record<string, unknown> = Object.create(null);
  for (const [i, column] of columns.entries()) record[column] = items[i];
  return record;
}
