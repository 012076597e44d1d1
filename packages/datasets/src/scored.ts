import {
  anything,
  checkOptions,
  finiteNumber,
  InvalidArgumentError,
  InvalidDataError,
  type RowPair,
  shown,
  type TrainingData,
} from "@quaterion/core";
import { checkFields } from "./check-fields.js";
import { columnOf, encodedValueOf, type Field, type FieldValue, fieldOf } from "./fields.js";
import { gatherRows } from "./gather-rows.js";
import { placeOf } from "./row-place.js";
import { trainingData } from "./training-data.js";
import { ValueRows } from "./value-rows.js";

export interface ScoredOptions<Row, A extends Field<Row>, B extends Field<Row>> {
  a: A;
  b: B;
  /** How alike the two are: a number, or its text. */
  score: Field<Row>;
  /** Scores that mean unlike and alike; default `[0, 1]`. Scores are scaled to 0 … 1. */
  range?: readonly [number, number] | undefined;
}

/** From a stream, as from records at hand; no record is kept. */
export function scored<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: AsyncIterable<Row>,
  options: ScoredOptions<Row, A, B>,
): Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>>;
/**
 * Pairs with a graded similarity. Their relation is unknown: losses on scores learn from them.
 * @throws {InvalidDataError} naming file, row and column: an empty text, a score that is no number or out of range
 */
export function scored<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: Iterable<Row>,
  options: ScoredOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>;
export function scored<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: ScoredOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>> | Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>> {
  checkOptions("scored", options, { a: anything, b: anything, score: anything, range: anything });
  checkFields("scored", options, ["a", "b", "score"]);
  const { a, b, score, range = [0, 1] } = options;
  const [low, high] = [finiteNumber(range[0], "scored.range[0]"), finiteNumber(range[1], "scored.range[1]")];
  if (low >= high)
    throw new InvalidArgumentError(`\`scored.range\` must be [unlike, alike] with the first below the second; received [${low}, ${high}].`);
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, B>>();
  const given: RowPair[] = [];
  const add = (row: Row, i: number) => {
    const raw: unknown = fieldOf(row, i, score);
    const number = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
    if (typeof number !== "number" || !(number >= low && number <= high))
      throw new InvalidDataError(
        `A score must be a number from ${low} to ${high}; received ${shown(raw)}. Set \`range\` to the scores' own.`,
        placeOf(row, i, columnOf(score)),
      );
    given.push({
      a: table.rowOf(encodedValueOf(row, i, a)),
      b: table.rowOf(encodedValueOf(row, i, b)),
      relation: 0,
      score: (number - low) / (high - low),
    });
  };
  return gatherRows(rows, add, () => trainingData({ values: table.values, spaces: [], pairs: given }));
}
