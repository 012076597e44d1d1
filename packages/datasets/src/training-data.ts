import {
  InvalidArgumentError,
  type LabelId,
  list,
  type RelationDeclarations,
  type RowPair,
  reject,
  type SamplerOptions,
  type Sampling,
  shown,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import { batchSampler } from "./batch-sampler.js";
import { classAt, type RelationSpace, rowRelations } from "./relations.js";

/** What {@link trainingData} is made of. */
export interface TrainingDataParts<Value> {
  readonly values: readonly Value[];
  /** Label spaces; `classes` holds a class number for every row, −1 where it has no label of the space. */
  readonly spaces: readonly RelationSpace[];
  readonly declarations?: RelationDeclarations;
  readonly pairs?: readonly RowPair[];
  /** Names of the classes of pairs, where they have any. */
  readonly pairClasses?: readonly string[];
  /** Weight of each row. Default: 1. */
  readonly weights?: Float32Array;
  /** Rows that are names of labels, ascending. */
  readonly nameRows?: Uint32Array;
  readonly sampling?: Sampling;
}

/**
 * Training data from values, class numbers and declarations: what `labeled`, `pairs` and `combine` end in.
 * @throws {ContradictionError} when the declarations contradict each other
 */
export function trainingData<Value>(parts: TrainingDataParts<Value>): TrainingData<Value> {
  if (typeof parts !== "object" || parts === null) reject("trainingData", "given { values, spaces, … }", parts);
  const { values, spaces, declarations, pairs, pairClasses, weights, nameRows, sampling } = parts;
  list(values, "trainingData.values");
  list(spaces, "trainingData.spaces");
  const relations = rowRelations(values.length, spaces, declarations, pairs);
  const byName = new Map(spaces.map((space) => [space.name, space]));
  const data: TrainingData<Value> = {
    values,
    spaces: spaces.map(({ name, labels, classes, first = 0 }) => {
      const rows: number[] = [];
      for (let i = 0; i < classes.length; i++) if (classes[i]! >= 0) rows.push(first + i);
      return { name, labels, rows: Uint32Array.from(rows) };
    }),
    relations,
    ...(pairs && pairs.length > 0 ? { pairs } : {}),
    ...(pairClasses && pairClasses.length > 0 ? { pairClasses } : {}),
    ...(weights?.some((weight) => weight !== 1) ? { weights } : {}),
    ...(nameRows && nameRows.length > 0 ? { nameRows } : {}),
    ...(sampling && Object.keys(sampling).length > 0 ? { sampling } : {}),
    labelsOf(row) {
      const labels: LabelId[] = [];
      for (const [s, space] of spaces.entries()) {
        const c = classAt(space, row);
        if (c >= 0) labels.push(relations.closure.ids[relations.closure.offsets[s]! + c]!);
      }
      return labels;
    },
    classesOf(name, rows) {
      const space = byName.get(name);
      if (!space)
        throw new InvalidArgumentError(
          `\`space\` must be a label space of the data; received ${shown(name)}.${suggestion(name, byName.keys())}`,
        );
      return Int32Array.from(rows, (row) => classAt(space, row));
    },
    sampler: (options: SamplerOptions) => batchSampler(data, options),
  };
  return data;
}

type Parts<Value> = Required<Omit<TrainingDataParts<Value>, "weights" | "nameRows">> &
  Pick<TrainingDataParts<Value>, "weights" | "nameRows">;

/** Refuses, before a property is read of it, what is no training data. */
export function checkTrainingData(data: TrainingData<unknown>): void {
  if (typeof data?.classesOf !== "function" || !Array.isArray(data.values))
    reject("data", "training data (made by `labeled`, `pairs`, `combine`, …)", data);
}

/** The parts that some training data could be made of again, whoever made it; `classes` of all rows. */
export function partsOf<Value>(data: TrainingData<Value>): Parts<Value> {
  checkTrainingData(data);
  const all = rowsFrom(0, data.values.length);
  const spaces = data.spaces.map(({ name, labels }) => ({ name, labels, classes: data.classesOf(name, all) }));
  return { ...compactPartsOf(data), spaces };
}

/** The same, with `classes` from the first to the last row of each space. */
export function compactPartsOf<Value>(data: TrainingData<Value>): Parts<Value> {
  checkTrainingData(data);
  return {
    values: data.values,
    spaces: data.spaces.map(({ name, labels, rows }) => {
      const first = rows[0] ?? 0;
      return { name, labels, classes: data.classesOf(name, rowsFrom(first, (rows.at(-1) ?? first - 1) + 1)), first };
    }),
    declarations: data.relations.declarations,
    pairs: data.pairs ?? [],
    pairClasses: data.pairClasses ?? [],
    ...(data.weights ? { weights: data.weights } : {}),
    ...(data.nameRows ? { nameRows: data.nameRows } : {}),
    sampling: data.sampling ?? {},
  };
}

function rowsFrom(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, i) => start + i);
}
