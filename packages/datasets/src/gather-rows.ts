import { InvalidArgumentError, InvalidDataError, shown } from "@quaterion/core";

/**
 * Gives rows to `add` one by one, then what `finish` makes of them: at once for rows in memory, as a promise for a stream. No row is held.
 * @param rows an array, or anything else that gives records one after the other
 * @throws {InvalidArgumentError} when it is neither
 * @throws {InvalidDataError} when a row is no record, or there is none
 */
export function gatherRows<Row extends object, Data>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  add: (row: Row, index: number) => void,
  finish: () => Data,
): Data | Promise<Data> {
  let count = 0;
  const one = (row: Row) => {
    if (typeof row !== "object" || row === null)
      throw new InvalidDataError(`A row must be a record, { text: … }; received ${shown(row)}.`, { row: count + 1 });
    add(row, count++);
  };
  const end = () => {
    if (count === 0) throw new InvalidDataError("There are no rows: expected at least one record.");
    return finish();
  };
  const streams = typeof rows === "object" && rows !== null && Symbol.asyncIterator in rows;
  if (!streams) {
    if (typeof rows !== "object" || rows === null || !(Symbol.iterator in rows))
      throw new InvalidArgumentError(
        `\`rows\` must be an array or a stream of records; received ${(rows as unknown) instanceof Promise ? "a promise" : shown(rows)}. ${typeof rows === "string" ? "Read a file first: await readCsv(path)." : "Was the reader awaited?"}`,
      );
    for (const row of rows) one(row);
    return end();
  }
  return (async () => {
    for await (const row of rows) one(row);
    return end();
  })();
}
