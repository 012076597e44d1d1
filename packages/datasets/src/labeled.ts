import {
  anything,
  checkOptions,
  InvalidArgumentError,
  InvalidDataError,
  nonEmptyString,
  type RelationDeclarations,
  type TrainingData,
} from "@quaterion/core";
import { columnOf, encodedValueOf, type Field, type FieldValue, labelOf } from "./fields.js";
import { gatherRows } from "./gather-rows.js";
import { LabelNumbers } from "./label-numbers.js";
import { placeOf } from "./row-place.js";
import { checkSpaceName, defaultSpace } from "./space-names.js";
import { trainingData } from "./training-data.js";

export interface LabeledOptions<Row, Value extends Field<Row>> {
  /** What is encoded: a column, or a function of the record. */
  value: Value;
  /** What it is: a column or a function; or several by name, one label space for each. */
  label: Field<Row> | Readonly<Record<string, Field<Row>>>;
  /** Name of the label space; `"default"` where none is given. */
  space?: string | undefined;
}

/** From a stream, as from records at hand, `await labeled(streamCsv("train.csv"), …)`: values and labels are kept, the records are not. */
export function labeled<Row extends object, const Value extends Field<Row>>(
  rows: AsyncIterable<Row>,
  options: LabeledOptions<Row, Value>,
): Promise<TrainingData<FieldValue<Row, Value>>>;
/**
 * Samples with labels: two of one label are similar, two of different labels of one space dissimilar.
 *
 * With several labels, `label: { scenario: "scenario", intent: "intent" }`, each name is a label space, and a record may lack some of them.
 * Where every label of one space occurs within a single label of another, and not the other way round, the finer are declared `narrower`.
 * @throws {InvalidDataError} naming file, row and column: an empty text, a missing label, no rows
 */
export function labeled<Row extends object, const Value extends Field<Row>>(
  rows: Iterable<Row>,
  options: LabeledOptions<Row, Value>,
): TrainingData<FieldValue<Row, Value>>;
export function labeled<Row extends object, const Value extends Field<Row>>(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options = {} as LabeledOptions<Row, Value>,
): TrainingData<FieldValue<Row, Value>> | Promise<TrainingData<FieldValue<Row, Value>>> {
  checkOptions("labeled", options, { value: anything, label: anything, space: nonEmptyString });
  const { value, label, space } = options;
  if (value === undefined)
    throw new InvalidArgumentError("`labeled.value` must name the column that is encoded, or be a function of the record.");
  if (label === undefined)
    throw new InvalidArgumentError("`labeled.label` must name the column of labels; use `unlabeled` for records without.");
  const several = typeof label === "object";
  if (several && space !== undefined)
    throw new InvalidArgumentError("`labeled.space` names one label space; with several labels the keys of `label` are the names.");
  const fields: [string, Field<Row>][] = several ? Object.entries(label) : [[space ?? defaultSpace, label]];
  if (fields.length === 0) throw new InvalidArgumentError("`labeled.label` must have at least one label; received an object without keys.");
  for (const [name] of fields) checkSpaceName(name, several ? "labeled.label" : "labeled.space");

  const values: FieldValue<Row, Value>[] = [];
  const numbers = fields.map(() => new LabelNumbers());
  const add = (row: Row, i: number) => {
    values.push(encodedValueOf(row, i, value));
    let some = false;
    for (const [f, [, field]] of fields.entries()) {
      const name = labelOf(row, i, field);
      numbers[f]!.add(name);
      some ||= name !== undefined;
    }
    if (some) return;
    const what = several ? "The row has none of the labels" : "The label is missing";
    throw new InvalidDataError(`${what}: write one, leave the row out, or use \`unlabeled\`.`, placeOf(row, i, columnOf(fields[0]![1])));
  };
  return gatherRows(rows, add, () => {
    const spaces = fields.map(([name], f) => ({ name, ...numbers[f]!.sorted() }));
    const narrower = spaces.flatMap((fine) => spaces.flatMap((coarse) => (fine === coarse ? [] : nesting(fine, coarse))));
    const declarations: RelationDeclarations = narrower.length > 0 ? { narrower } : {};
    return trainingData({ values, spaces, declarations });
  });
}

interface NumberedSpace {
  readonly name: string;
  readonly labels: readonly string[];
  readonly classes: Int32Array;
}

/** For each label of `fine` the one label of `coarse` that it always comes with; nothing when some comes with two, or no two share one. */
function nesting(fine: NumberedSpace, coarse: NumberedSpace): [string, string][] {
  const within = new Int32Array(fine.labels.length).fill(-1);
  for (const [row, c] of fine.classes.entries()) {
    const parent = coarse.classes[row]!;
    if (c < 0 || parent < 0) continue;
    if (within[c] !== -1 && within[c] !== parent) return [];
    within[c] = parent;
  }
  const counts = new Map<number, number>();
  for (const parent of within) if (parent >= 0) counts.set(parent, (counts.get(parent) ?? 0) + 1);
  const pairs: [string, string][] = [];
  for (const [c, parent] of within.entries()) {
    if ((counts.get(parent) ?? 0) > 1) pairs.push([`${fine.name}/${fine.labels[c]}`, `${coarse.name}/${coarse.labels[parent]}`]);
  }
  return pairs;
}
