import { InvalidArgumentError, InvalidDataError, type LabelId, labelId, nonEmptyString, shown, type TrainingData } from "@quaterion/core";

/** An example given by hand. */
export interface ReferenceItem<Value> {
  value: Value;
  label: string;
  /** Label space; default "labels". */
  space?: string;
  /** Made where it is not given. */
  id?: string;
  /** It is the name of its label and no sample: it decides as any other, but no rule is tried on it. Default false. */
  name?: boolean;
}

/** A value with its labels, and its row in the data it came from. */
export interface LabeledItem<Value> {
  readonly value: Value;
  readonly labels: readonly LabelId[];
  readonly id?: string;
  readonly name: boolean;
  readonly row: number;
}

/** Space of labels that are given without one. */
export const defaultSpace = "labels";

/**
 * The rows of data that have a label.
 * @throws {InvalidArgumentError} when an example is not `{ value, label }`
 * @throws {InvalidDataError} when no row has a label
 */
export function labeledItems<Value>(data: TrainingData<Value> | readonly ReferenceItem<Value>[]): LabeledItem<Value>[] {
  const items: LabeledItem<Value>[] = [];
  if (isList(data)) {
    for (const [row, item] of data.entries()) {
      if (typeof item !== "object" || item === null || !("value" in item) || item.value === undefined) {
        throw new InvalidArgumentError(`\`data[${row}]\` must be { value, label }; received ${shown(item)}.`);
      }
      const label = nonEmptyString(item.label, `data[${row}].label`);
      const space = item.space === undefined ? defaultSpace : spaceName(item.space, `data[${row}].space`);
      items.push({ value: item.value, labels: [labelId(space, label)], id: item.id, name: item.name ?? false, row });
    }
  } else {
    if (typeof data !== "object" || data === null || !Array.isArray(data.values) || typeof data.labelsOf !== "function") {
      throw new InvalidArgumentError(`\`data\` must be training data, or a list of { value, label }; received ${shown(data)}.`);
    }
    const names = new Set(data.nameRows);
    for (const [row, value] of data.values.entries()) {
      const labels = data.labelsOf(row);
      if (labels.length > 0) items.push({ value, labels: [...labels], name: names.has(row), row });
    }
  }
  if (items.length === 0) {
    throw new InvalidDataError(
      `A reference set needs labelled examples; received ${isList(data) ? "an empty list" : `${data.values.length} values without a label`}. Give one example of each class or more.`,
    );
  }
  return items;
}

function isList<Value>(data: TrainingData<Value> | readonly ReferenceItem<Value>[]): data is readonly ReferenceItem<Value>[] {
  return Array.isArray(data);
}

function spaceName(value: unknown, argument: string): string {
  const name = nonEmptyString(value, argument);
  if (name.includes("/"))
    throw new InvalidArgumentError(`\`${argument}\` must not contain "/", which ends a space's name; received ${shown(name)}.`);
  return name;
}
