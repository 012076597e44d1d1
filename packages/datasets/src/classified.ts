import { anything, checkOptions, InvalidDataError, type RowPair, shown, type TrainingData } from "@quaterion/core";
import { columnOf, encodedValueOf, type Field, type FieldValue, fieldOf } from "./fields.js";
import { checkRows } from "./pairs.js";
import { placeOf } from "./row-place.js";
import { trainingData } from "./training-data.js";
import { ValueRows } from "./value-rows.js";

export interface ClassifiedOptions<Row, A extends Field<Row>, B extends Field<Row>> {
  a: A;
  b: B;
  /** What the pair is: entailment, neutral, contradiction, … Texts, or what is written as one. */
  class: Field<Row>;
  /** All classes, in the order of their numbers. Default: those of the rows, sorted. */
  classes?: readonly string[];
}

/**
 * Pairs with a class each, such as those of natural language inference. Their relation is unknown: losses on classes of pairs learn from them.
 * @throws {InvalidDataError} naming file, row and column: an empty text, a class that is none or not among `classes`
 */
export function classified<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: readonly Row[],
  options: ClassifiedOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>> {
  checkOptions("classified", options, { a: anything, b: anything, class: anything, classes: anything });
  checkRows(rows, "classified", options, ["a", "b", "class"]);
  const { a, b } = options;
  const named = rows.map((row, i) => {
    const raw: unknown = fieldOf(row, i, options.class);
    const name = typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean" ? String(raw).trim() : "";
    if (name === "")
      throw new InvalidDataError(
        `A class must be a text that is not empty; received ${shown(raw)}.`,
        placeOf(row, i, columnOf(options.class)),
      );
    return name;
  });
  const classes = options.classes ?? [...new Set(named)].sort();
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, B>>();
  const given = rows.map((row, i): RowPair => {
    const number = numbers.get(named[i]!);
    if (number === undefined)
      throw new InvalidDataError(
        `A class must be one of ${classes.join(", ")}; received ${shown(named[i])}.`,
        placeOf(row, i, columnOf(options.class)),
      );
    return { a: table.rowOf(encodedValueOf(row, i, a)), b: table.rowOf(encodedValueOf(row, i, b)), relation: 0, class: number };
  });
  return trainingData({ values: table.values, spaces: [], pairs: given, pairClasses: classes });
}
