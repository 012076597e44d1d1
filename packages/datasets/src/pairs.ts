import {
  anything,
  checkOptions,
  finiteNumber,
  InvalidArgumentError,
  InvalidDataError,
  type Relation,
  type RowPair,
  shown,
  type TrainingData,
} from "@quaterion/core";
import { columnOf, encodedValueOf, type Field, type FieldValue, fieldOf } from "./fields.js";
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
  relation?: Field<Row>;
}

/**
 * Given pairs. Equal values are one row of the data, so what is known about a value holds wherever it occurs.
 * @throws {InvalidDataError} naming file, row and column: an empty text, a relation that is none
 */
export function pairs<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: readonly Row[],
  options: PairsOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>> {
  checkOptions("pairs", options, { a: anything, b: anything, relation: anything });
  checkRows(rows, "pairs", options, ["a", "b"]);
  const { a, b, relation } = options;
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, B>>();
  const given: RowPair[] = rows.map((row, i) => ({
    a: table.rowOf(encodedValueOf(row, i, a)),
    b: table.rowOf(encodedValueOf(row, i, b)),
    relation: relation === undefined ? 1 : relationOf(row, i, relation),
  }));
  return trainingData({ values: table.values, spaces: [], pairs: given });
}

export interface ScoredOptions<Row, A extends Field<Row>, B extends Field<Row>> {
  a: A;
  b: B;
  /** How alike the two are: a number, or its text. */
  score: Field<Row>;
  /** Scores that mean unlike and alike; default `[0, 1]`. Scores are scaled to 0 … 1. */
  range?: readonly [number, number];
}

/**
 * Pairs with a graded similarity. Their relation is unknown: losses on scores learn from them.
 * @throws {InvalidDataError} naming file, row and column: an empty text, a score that is no number or out of range
 */
export function scored<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: readonly Row[],
  options: ScoredOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>> {
  checkOptions("scored", options, { a: anything, b: anything, score: anything, range: anything });
  checkRows(rows, "scored", options, ["a", "b", "score"]);
  const { a, b, score, range = [0, 1] } = options;
  const [low, high] = [finiteNumber(range[0], "scored.range[0]"), finiteNumber(range[1], "scored.range[1]")];
  if (low >= high)
    throw new InvalidArgumentError(`\`scored.range\` must be [unlike, alike] with the first below the second; received [${low}, ${high}].`);
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, B>>();
  const given = rows.map((row, i): RowPair => {
    const raw: unknown = fieldOf(row, i, score);
    const number = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
    if (typeof number !== "number" || !(number >= low && number <= high))
      throw new InvalidDataError(
        `A score must be a number from ${low} to ${high}; received ${shown(raw)}. Set \`range\` to the scores' own.`,
        placeOf(row, i, columnOf(score)),
      );
    return {
      a: table.rowOf(encodedValueOf(row, i, a)),
      b: table.rowOf(encodedValueOf(row, i, b)),
      relation: 0,
      score: (number - low) / (high - low),
    };
  });
  return trainingData({ values: table.values, spaces: [], pairs: given });
}

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
  rows: readonly Row[],
  options: TripletsOptions<Row, A, P, N>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>> {
  checkOptions("triplets", options, { anchor: anything, positive: anything, negative: anything, teacherScores: anything });
  checkRows(rows, "triplets", options, ["anchor", "positive", "negative"]);
  const { teacherScores } = options;
  if (teacherScores !== undefined) checkRows(rows, "triplets.teacherScores", teacherScores, ["positive", "negative"]);
  const scoreOf = (row: Row, i: number, side: "positive" | "negative") =>
    teacherScores && { teacherScore: finiteField(row, i, teacherScores[side]) };
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, P> | FieldValue<Row, N>>();
  const given = rows.flatMap((row, i): RowPair[] => {
    const a = table.rowOf(encodedValueOf(row, i, options.anchor));
    return [
      { a, b: table.rowOf(encodedValueOf(row, i, options.positive)), relation: 1, ...scoreOf(row, i, "positive") },
      { a, b: table.rowOf(encodedValueOf(row, i, options.negative)), relation: -1, ...scoreOf(row, i, "negative") },
    ];
  });
  return trainingData({ values: table.values, spaces: [], pairs: given });
}

function finiteField<Row extends object>(row: Row, index: number, field: Field<Row>): number {
  const raw: unknown = fieldOf(row, index, field);
  const number = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new InvalidDataError(`A teacher's score must be a number; received ${shown(raw)}.`, placeOf(row, index, columnOf(field)));
}

/** Checks what all of these readers of records ask: an array with records, and the fields that have no default. */
export function checkRows(rows: unknown, unit: string, options: object, needed: readonly string[]): void {
  if (!Array.isArray(rows))
    throw new InvalidArgumentError(`\`rows\` must be an array of records; received ${shown(rows)}. Was the reader awaited?`);
  for (const name of needed) {
    if ((options as Record<string, unknown>)[name] === undefined)
      throw new InvalidArgumentError(`\`${unit}.${name}\` must name a column, or be a function of the record.`);
  }
  if (rows.length === 0) throw new InvalidDataError("There are no rows: expected at least one record.");
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
