import { anything, checkOptions, InvalidArgumentError, nonEmptyString, shown, type TrainingData } from "@quaterion/core";
import { checkTrainingData, partsOf, trainingData } from "./training-data.js";

export interface LabelNamesOptions<Value> {
  /**
   * What stands for a label; undefined: nothing does. Default, for texts: the name in words, `"card_arrival"` → "card arrival"; nothing for a name without
   * letters.
   */
  value?: ((label: string, space: string) => Value | undefined) | undefined;
}

/**
 * The data with one more sample of each label that has any: its name. A name says what the few examples may leave out, and costs nobody an example:
 * use the result for training and for references. Names that tell nothing ("class 7") are one wrong example each; leave those out.
 *
 * Names are learned from and referred to, and never asked: rules are not tried on them (`nameRows`).
 *
 * A text that a label space has already, or that stands there without a label, in whatever case, is not added there; a name that two spaces share is a
 * sample of each. Samples come after those of the data, space by space.
 * @throws {InvalidArgumentError} when values are no texts and no `value` is given
 */
export function withLabelNames<Value>(data: TrainingData<Value>, options: LabelNamesOptions<Value> = {}): TrainingData<Value> {
  checkTrainingData(data);
  checkOptions("withLabelNames", options, { value: anything });
  const { value = nameInWords(data) } = options;
  if (typeof value !== "function")
    throw new InvalidArgumentError(`\`withLabelNames.value\` must be a function of label and space; received ${shown(value)}.`);
  const parts = partsOf(data);
  const values = [...data.values];
  const unlabelled = data.values.map((_, row) => data.labelsOf(row).length === 0);
  const added = parts.spaces.map(({ name, labels, classes }) => {
    const used = new Set(classes);
    const known = new Set(data.values.flatMap((each, row) => (classes[row] !== -1 || unlabelled[row] ? [comparable(each)] : [])));
    return labels.flatMap((label, c) => {
      const sample = used.has(c) ? value(label, name) : undefined;
      if (sample === undefined || known.has(comparable(sample))) return [];
      known.add(comparable(sample));
      return [{ row: values.push(sample) - 1, c }];
    });
  });
  const spaces = parts.spaces.map((space, s) => {
    const classes = new Int32Array(values.length).fill(-1);
    classes.set(space.classes);
    for (const { row, c } of added[s]!) classes[row] = c;
    return { ...space, classes };
  });
  const weights = parts.weights && Float32Array.from(values, (_, row) => parts.weights![row] ?? 1);
  const nameRows = Uint32Array.from({ length: values.length - data.values.length }, (_, i) => data.values.length + i);
  return trainingData({
    ...parts,
    values,
    spaces,
    ...(weights ? { weights } : {}),
    nameRows: Uint32Array.of(...(parts.nameRows ?? []), ...nameRows),
  });
}

/** "card_arrival", "cardArrival", "card-arrival" → "card arrival"; undefined where there is no letter. */
export function labelInWords(label: string): string | undefined {
  const words = nonEmptyString(label, "label")
    .replace(/(\p{Ll})(\p{Lu})(?=\p{Ll})/gu, (_, before: string, hump: string) => `${before} ${hump.toLowerCase()}`)
    .split(/[\s_./:|+-]+/u)
    .filter((word) => word !== "")
    .join(" ");
  return /\p{L}/u.test(words) ? words : undefined;
}

function nameInWords<Value>({ values }: TrainingData<Value>): (label: string) => Value | undefined {
  if (typeof values[0] !== "string")
    throw new InvalidArgumentError(
      `\`withLabelNames.value\` must say what stands for a label, as the values are no texts but ${shown(values[0])} and the like.`,
    );
  return labelInWords as (label: string) => Value | undefined;
}

function comparable(value: unknown): unknown {
  return typeof value === "string" ? value.trim().toLowerCase() : value;
}
