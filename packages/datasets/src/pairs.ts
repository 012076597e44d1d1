import { anything, checkOptions, InvalidDataError, type Relation, type RowPair, shown, type TrainingData } from "@quaterion/core";
import { checkFields } from "./check-fields.js";
import { columnOf, encodedValueOf, type Field, type FieldValue, fieldOf } from "./fields.js";
import { gatherRows } from "./gather-rows.js";
import { placeOf } from "./row-place.js";
import { trainingData } from "./training-data.js";
import { ValueRows } from "./value-rows.js";

export interface PairsOptions<Row, A extends Field<Row>, B extends Field<Row>> {
  a: A;
  b: B;
  /**
   * Whether the two are alike: a column or function that gives 1, true or "similar"; −1, 0, false or "dissimilar"; "unknown" or nothing.
   * Every pair is similar where it is left out. (A 0 in data is "not alike"; unknown is said in words.)
   */
  relation?: Field<Row> | undefined;
}

/** From a stream, as from records at hand; no record is kept. */
export function pairs<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: AsyncIterable<Row>,
  options: PairsOptions<Row, A, B>,
): Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>>;
/**
 * Given pairs. Equal values are one row of the data, so what is known about a value holds wherever it occurs.
 * @throws {InvalidDataError} naming file, row and column: an empty text, a relation that is none
 */
export function pairs<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: Iterable<Row>,
  options: PairsOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>;
export function pairs<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: PairsOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>> | Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>> {
  checkOptions("pairs", options, { a: anything, b: anything, relation: anything });
  checkFields("pairs", options, ["a", "b"]);
  const { a, b, relation } = options;
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, B>>();
  const given: RowPair[] = [];
  const add = (row: Row, i: number) => {
    given.push({
      a: table.rowOf(encodedValueOf(row, i, a)),
      b: table.rowOf(encodedValueOf(row, i, b)),
      relation: relation === undefined ? 1 : relationOf(row, i, relation),
    });
  };
  return gatherRows(rows, add, () => trainingData({ values: table.values, spaces: [], pairs: given }));
}

const relationWords = new Map<unknown, Relation>([
  ...[1, "1", true, "true", "similar"].map((word) => [word, 1] as const),
  ...[-1, "-1", 0, "0", false, "false", "dissimilar"].map((word) => [word, -1] as const),
  ...["unknown", "", null, undefined].map((word) => [word, 0] as const),
]);

function relationOf<Row extends object>(row: Row, index: number, field: Field<Row>): Relation {
  const word: unknown = fieldOf(row, index, field);
  const relation = relationWords.get(typeof word === "string" ? word.trim().toLowerCase() : word);
  if (relation === undefined) {
    throw new InvalidDataError(
      `A relation must be "similar" (1, true), "dissimilar" (-1, 0, false) or "unknown"; received ${shown(word)}.`,
      placeOf(row, index, columnOf(field)),
    );
  }
  return relation;
}
