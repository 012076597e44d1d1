import { anything, checkOptions, InvalidDataError, type RowPair, shown, type TrainingData } from "@quaterion/core";
import { checkFields } from "./check-fields.js";
import { columnOf, encodedValueOf, type Field, type FieldValue, fieldOf } from "./fields.js";
import { gatherRows } from "./gather-rows.js";
import { placeOf } from "./row-place.js";
import { trainingData } from "./training-data.js";
import { ValueRows } from "./value-rows.js";

export interface TripletsOptions<Row, A extends Field<Row>, P extends Field<Row>, N extends Field<Row>> {
  anchor: A;
  /** Similar to the anchor. */
  positive: P;
  /** Dissimilar to it. */
  negative: N;
  /** A teacher model's scores of the anchor with each, on a scale of its own: for losses that distill them. */
  teacherScores?: { positive: Field<Row>; negative: Field<Row> };
}

/**
 * Triplets: the anchor is similar to the positive and dissimilar to the negative. Nothing is said of positive and negative.
 * @throws {InvalidDataError} naming file, row and column, when a text is empty or a teacher's score is no number
 */
export function triplets<Row extends object, const A extends Field<Row>, const P extends Field<Row>, const N extends Field<Row>>(
  rows: Iterable<Row>,
  options: TripletsOptions<Row, A, P, N>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>;
/** The same from a stream; no record is kept. */
export function triplets<Row extends object, const A extends Field<Row>, const P extends Field<Row>, const N extends Field<Row>>(
  rows: AsyncIterable<Row>,
  options: TripletsOptions<Row, A, P, N>,
): Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>>;
export function triplets<Row extends object, const A extends Field<Row>, const P extends Field<Row>, const N extends Field<Row>>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: TripletsOptions<Row, A, P, N>,
):
  | TrainingData<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>
  | Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>> {
  checkOptions("triplets", options, { anchor: anything, positive: anything, negative: anything, teacherScores: anything });
  checkFields("triplets", options, ["anchor", "positive", "negative"]);
  const { teacherScores } = options;
  if (teacherScores !== undefined) checkFields("triplets.teacherScores", teacherScores, ["positive", "negative"]);
  const scoreOf = (row: Row, i: number, side: "positive" | "negative") =>
    teacherScores && { teacherScore: finiteField(row, i, teacherScores[side]) };
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>();
  const given: RowPair[] = [];
  const add = (row: Row, i: number) => {
    const a = table.rowOf(encodedValueOf(row, i, options.anchor));
    given.push(
      { a, b: table.rowOf(encodedValueOf(row, i, options.positive)), relation: 1, ...scoreOf(row, i, "positive") },
      { a, b: table.rowOf(encodedValueOf(row, i, options.negative)), relation: -1, ...scoreOf(row, i, "negative") },
    );
  };
  return gatherRows(rows, add, () => trainingData({ values: table.values, spaces: [], pairs: given }));
}

function finiteField<Row extends object>(row: Row, index: number, field: Field<Row>): number {
  const raw: unknown = fieldOf(row, index, field);
  const number = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new InvalidDataError(`A teacher's score must be a number; received ${shown(raw)}.`, placeOf(row, index, columnOf(field)));
}
