import type { DataPlace } from "@quaterion/core";

const places = new WeakMap<object, DataPlace>();

/** Remembers where a record was read, beside the record: its own fields stay the user's. */
export function rememberPlace(record: object, place: DataPlace): void {
  places.set(record, place);
}

/** Where a record was read; its position in the array, counted from 1, for one that was made in memory. */
export function placeOf(record: unknown, index: number, column?: string): DataPlace {
  const known = typeof record === "object" && record !== null ? places.get(record) : undefined;
  return { ...(known ?? { row: index + 1 }), ...(column === undefined ? {} : { column }) };
}
