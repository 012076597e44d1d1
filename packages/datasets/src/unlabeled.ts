import { anything, checkOptions, InvalidArgumentError, InvalidDataError, type RowPair, shown, type TrainingData } from "@quaterion/core";
import { checkFields } from "./check-fields.js";
import { encodedValueOf, type Field, type FieldValue, fieldOf } from "./fields.js";
import { gatherRows } from "./gather-rows.js";
import { placeOf } from "./row-place.js";
import { trainingData } from "./training-data.js";
import { ValueRows } from "./value-rows.js";

export interface UnlabeledOptions<Row, F extends Field<Row>> {
  /** Columns or functions whose values are encoded: those of one record are similar (a title and its text, a question and its answer). */
  fields: readonly F[];
}

/** From a stream, as from records at hand; no record is kept. */
export function unlabeled<Row extends object, const F extends Field<Row>>(
  rows: AsyncIterable<Row>,
  options: UnlabeledOptions<Row, F>,
): Promise<TrainingData<FieldValue<Row, F>>>;
/**
 * Records without labels: the fields of one record are similar to each other, and in a batch dissimilar to those of other records.
 * A field may be empty in some records. With one field the data has values but nothing to learn from: it can be encoded and searched.
 * @throws {InvalidDataError} when all fields of a record are empty
 */
export function unlabeled<Row extends object, const F extends Field<Row>>(
  rows: Iterable<Row>,
  options: UnlabeledOptions<Row, F>,
): TrainingData<FieldValue<Row, F>>;
export function unlabeled<Row extends object, const F extends Field<Row>>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: UnlabeledOptions<Row, F>,
): TrainingData<FieldValue<Row, F>> | Promise<TrainingData<FieldValue<Row, F>>> {
  checkOptions("unlabeled", options, { fields: anything });
  checkFields("unlabeled", options, ["fields"]);
  const { fields } = options;
  if (!Array.isArray(fields) || fields.length === 0)
    throw new InvalidArgumentError(`\`unlabeled.fields\` must be an array of columns; received ${shown(fields)}.`);
  const table = new ValueRows<FieldValue<Row, F>>();
  const pairs: RowPair[] = [];
  const add = (row: Row, i: number) => {
    const present = (fields as readonly F[]).filter((field) => !isEmpty(fieldOf(row, i, field)));
    if (present.length === 0)
      throw new InvalidDataError(`All fields (${fields.length}) are empty: write one, or leave the row out.`, placeOf(row, i));
    const own = [...new Set(present.map((field) => table.rowOf(encodedValueOf(row, i, field))))];
    for (let a = 0; a < own.length; a++) for (let b = a + 1; b < own.length; b++) pairs.push({ a: own[a]!, b: own[b]!, relation: 1 });
  };
  return gatherRows(rows, add, () => trainingData({ values: table.values, spaces: [], pairs }));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}
