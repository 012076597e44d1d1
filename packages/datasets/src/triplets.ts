import { anything, checkOptions, InvalidArgumentError, InvalidDataError, type RowPair, shown, type TrainingData } from "@quaterion/core";
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
  /** Dissimilar to it: one field, or several that each hold one, as `["negative_1", "negative_2"]`. */
  negative: N | readonly N[];
  /** A teacher model's scores of the anchor with each, on a scale of its own: for losses that distill them. As many negatives as in `negative`. */
  teacherScores?: { positive: Field<Row>; negative: Field<Row> | readonly Field<Row>[] } | undefined;
}

/** From a stream, as from records at hand; no record is kept. */
export function triplets<Row extends object, const A extends Field<Row>, const P extends Field<Row>, const N extends Field<Row>>(
  rows: AsyncIterable<Row>,
  options: TripletsOptions<Row, A, P, N>,
): Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>>;
/**
 * Triplets: the anchor is similar to the positive and dissimilar to the negative. Nothing is said of positive and negative. Where a record has several
 * negatives, they come into a batch with their anchor, all together: losses see them all.
 * @throws {InvalidArgumentError} when a field is not named, or there are not as many scores as negatives
 * @throws {InvalidDataError} naming file, row and column, when a text is empty or a teacher's score is no number
 */
export function triplets<Row extends object, const A extends Field<Row>, const P extends Field<Row>, const N extends Field<Row>>(
  rows: Iterable<Row>,
  options: TripletsOptions<Row, A, P, N>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>;
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
  const negatives = listOf<N>(options.negative, "triplets.negative");
  const negativeScores = teacherScores && listOf<Field<Row>>(teacherScores.negative, "triplets.teacherScores.negative");
  if (negativeScores && negativeScores.length !== negatives.length)
    throw new InvalidArgumentError(
      `\`triplets.teacherScores.negative\` must name ${negatives.length} fields, as \`negative\` does; received ${negativeScores.length}.`,
    );
  const scoreOf = (row: Row, i: number, field: Field<Row> | undefined) =>
    field !== undefined && { teacherScore: finiteField(row, i, field) };
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>();
  const given: RowPair[] = [];
  const add = (row: Row, i: number) => {
    const a = table.rowOf(encodedValueOf(row, i, options.anchor));
    const together = negatives.length > 1 && { record: i };
    const b = table.rowOf(encodedValueOf(row, i, options.positive));
    given.push({ a, b, relation: 1, ...scoreOf(row, i, teacherScores?.positive), ...together });
    for (const [k, negative] of negatives.entries()) {
      const b = table.rowOf(encodedValueOf(row, i, negative));
      given.push({ a, b, relation: -1, ...scoreOf(row, i, negativeScores?.[k]), ...together });
    }
  };
  return gatherRows(rows, add, () => trainingData({ values: table.values, spaces: [], pairs: given }));
}

/** One field, or several. */
function listOf<F>(given: F | readonly F[], argument: string): readonly F[] {
  const fields = Array.isArray(given) ? (given as readonly F[]) : [given as F];
  if (fields.length > 0 && fields.every((field) => typeof field === "string" || typeof field === "function")) return fields;
  throw new InvalidArgumentError(
    `\`${argument}\` must name a column, be a function of the record, or be a list of those; received ${shown(given)}.`,
  );
}

function finiteField<Row extends object>(row: Row, index: number, field: Field<Row>): number {
  const raw: unknown = fieldOf(row, index, field);
  const number = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new InvalidDataError(`A teacher's score must be a number; received ${shown(raw)}.`, placeOf(row, index, columnOf(field)));
}
