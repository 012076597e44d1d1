import { anything, checkOptions, InvalidDataError, type RowPair, shown, type TrainingData } from "@quaterion/core";
import { checkFields } from "./check-fields.js";
import { columnOf, encodedValueOf, type Field, type FieldValue, fieldOf } from "./fields.js";
import { gatherRows } from "./gather-rows.js";
import { LabelNumbers } from "./label-numbers.js";
import { placeOf } from "./row-place.js";
import { trainingData } from "./training-data.js";
import { ValueRows } from "./value-rows.js";

export interface ClassifiedOptions<Row, A extends Field<Row>, B extends Field<Row>> {
  a: A;
  b: B;
  /** What the pair is: entailment, neutral, contradiction, … Texts, or what is written as one. */
  class: Field<Row>;
  /** All classes, in the order of their numbers. Default: those of the rows, sorted. */
  classes?: readonly string[] | undefined;
}

/** From a stream, as from records at hand; no record is kept. */
export function classified<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: AsyncIterable<Row>,
  options: ClassifiedOptions<Row, A, B>,
): Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>>;
/**
 * Pairs with a class each, such as those of natural language inference. Their relation is unknown: losses on classes of pairs learn from them.
 * @throws {InvalidDataError} naming file, row and column: an empty text, a class that is none or not among `classes`
 */
export function classified<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: Iterable<Row>,
  options: ClassifiedOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>;
export function classified<Row extends object, const A extends Field<Row>, const B extends Field<Row>>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: ClassifiedOptions<Row, A, B>,
): TrainingData<FieldValue<Row, A> | FieldValue<Row, B>> | Promise<TrainingData<FieldValue<Row, A> | FieldValue<Row, B>>> {
  checkOptions("classified", options, { a: anything, b: anything, class: anything, classes: anything });
  checkFields("classified", options, ["a", "b", "class"]);
  const { a, b, classes } = options;
  const numbers = classes && new Map(classes.map((name, number) => [name, number]));
  const table = new ValueRows<FieldValue<Row, A> | FieldValue<Row, B>>();
  const given: Omit<RowPair, "class">[] = [];
  const named = new LabelNumbers();
  const add = (row: Row, i: number) => {
    const raw: unknown = fieldOf(row, i, options.class);
    const place = placeOf(row, i, columnOf(options.class));
    const name = typeof raw === "string" || typeof raw === "number" || typeof raw === "boolean" ? String(raw).trim() : "";
    if (name === "" || Number.isNaN(raw))
      throw new InvalidDataError(`A class must be a text that is not empty; received ${shown(raw)}.`, place);
    if (numbers && !numbers.has(name))
      throw new InvalidDataError(`A class must be one of ${classes.join(", ")}; received ${shown(name)}.`, place);
    named.add(name);
    given.push({ a: table.rowOf(encodedValueOf(row, i, a)), b: table.rowOf(encodedValueOf(row, i, b)), relation: 0 });
  };
  return gatherRows(rows, add, () => {
    const { labels, classes: found } = named.sorted();
    const pairs = given.map((pair, i): RowPair => ({ ...pair, class: numbers ? numbers.get(labels[found[i]!]!)! : found[i]! }));
    return trainingData({ values: table.values, spaces: [], pairs, pairClasses: classes ?? labels });
  });
}
