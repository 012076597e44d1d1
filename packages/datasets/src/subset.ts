import { InvalidArgumentError, type LabelId, type RowPair, shown, suggestion, type TrainingData } from "@quaterion/core";
import { classAt, declarationEntries, type RelationSpace } from "./relations.js";
import { compactPartsOf, trainingData } from "./training-data.js";

/**
 * The data of some rows, in the order given. Label lists and declarations stay whole, so class numbers mean the same; a given pair stays when
 * both of its rows do.
 * @throws {InvalidArgumentError} when a row is not in the data, or comes twice
 */
export function subset<Value>(data: TrainingData<Value>, rows: Uint32Array | readonly number[]): TrainingData<Value> {
  const { values, spaces, pairs, weights, nameRows, ...rest } = compactPartsOf(data);
  const place = new Map<number, number>();
  for (const row of rows) {
    if (!Number.isInteger(row) || row < 0 || row >= values.length)
      throw new InvalidArgumentError(
        `\`rows\` holds ${row}, which is not in the data: expected whole numbers from 0 to ${values.length - 1}.`,
      );
    if (place.has(row)) throw new InvalidArgumentError(`\`rows\` holds ${row} twice: expected each row once.`);
    place.set(row, place.size);
  }
  const kept = [...place.keys()];
  return trainingData({
    ...rest,
    values: kept.map((row) => values[row]!),
    spaces: spaces.map((space) => keptOf(space, kept)),
    ...(weights ? { weights: Float32Array.from(kept, (row) => weights[row]!) } : {}),
    ...(nameRows ? { nameRows: Uint32Array.from([...nameRows].flatMap((row) => place.get(row) ?? [])).sort() } : {}),
    pairs: pairs.flatMap((pair): RowPair[] => {
      const [a, b] = [place.get(pair.a), place.get(pair.b)];
      return a === undefined || b === undefined ? [] : [{ ...pair, a, b }];
    }),
  });
}

/** A space of the rows that are kept, from the first to the last that has a label of it. */
function keptOf(space: RelationSpace, kept: readonly number[]): RelationSpace {
  let [first, end] = [0, 0];
  for (const [i, row] of kept.entries()) {
    if (classAt(space, row) < 0) continue;
    if (end === 0) first = i;
    end = i + 1;
  }
  return { name: space.name, labels: space.labels, classes: Int32Array.from(kept.slice(first, end), (row) => classAt(space, row)), first };
}

/**
 * Rows that carry any of these labels, ascending.
 * @param labels label ids, "space/label"
 * @throws {InvalidArgumentError} when a label is not in the data; the message names the nearest
 */
export function rowsWithLabels(data: TrainingData<unknown>, labels: readonly LabelId[]): Uint32Array {
  const rows = new Set<number>();
  const { spaces } = compactPartsOf(data);
  for (const label of labels) {
    const { space, c } = place(spaces, label);
    for (const [i, own] of space.classes.entries()) if (own === c) rows.add((space.first ?? 0) + i);
  }
  return Uint32Array.from(rows).sort();
}

/**
 * The data as if these labels did not exist yet: without their rows, and without them in the label lists, unless declarations name them.
 * @throws {InvalidArgumentError} when a label is not in the data
 */
export function withoutLabels<Value>(data: TrainingData<Value>, labels: readonly LabelId[]): TrainingData<Value> {
  const removed = new Set(labels);
  const gone = new Set(rowsWithLabels(data, labels));
  const rest = subset(
    data,
    Uint32Array.from(data.values.keys()).filter((row) => !gone.has(row)),
  );
  const parts = compactPartsOf(rest);
  const named = new Set(declarationEntries(parts.declarations).flatMap(([, list]) => list.flat()));
  // A label that declarations name stays in the list, without rows: taking it out could break a chain of declarations.
  const drop = (id: LabelId) => removed.has(id) && !named.has(id);
  const spaces = parts.spaces.map(({ name, labels: all, classes, first }) => {
    const kept = all.filter((label) => !drop(`${name}/${label}`));
    const numbers = new Map(kept.map((label, i) => [label, i]));
    return { name, labels: kept, classes: classes.map((c) => (c < 0 ? -1 : numbers.get(all[c]!)!)), first };
  });
  return trainingData({ ...parts, spaces });
}

function place<Space extends { name: string; labels: readonly string[] }>(
  spaces: readonly Space[],
  id: LabelId,
): { space: Space; c: number } {
  for (const space of spaces) {
    const c = id.startsWith(`${space.name}/`) ? space.labels.indexOf(id.slice(space.name.length + 1)) : -1;
    if (c >= 0) return { space, c };
  }
  const known = spaces.flatMap((space) => space.labels.map((label) => `${space.name}/${label}`));
  throw new InvalidArgumentError(`\`labels\` names a label that the data does not have: ${shown(id)}.${suggestion(id, known)}`);
}
