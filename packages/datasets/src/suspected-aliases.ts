import { checkOptions, InvalidArgumentError, type LabelId, labelId, NonFiniteError, shown, type TrainingData } from "@quaterion/core";
import { mutualNearestCentroids } from "./label-centroids.js";
import { classAt, type RelationSpace } from "./relations.js";
import { partsOf, trainingData } from "./training-data.js";
import { valueIds } from "./value-ids.js";

/** Two labels of different spaces that may mean the same, and why. */
export interface SuspectedAlias {
  readonly a: LabelId;
  readonly b: LabelId;
  /** Texts that carry both labels. */
  readonly identicalTexts: number;
  /** Cosine similarity of the centroids, where they are each other's nearest. */
  readonly centroidSimilarity?: number;
}

export interface SuspectedAliasesOptions {
  /** A vector of each row, `[rows, dim]`, row-major: adds labels whose centroids are each other's nearest. */
  embeddings?: Float32Array | undefined;
}

/**
 * Labels of two spaces that may mean the same: they share a text, or (with embeddings) each is the other's nearest centroid of its space.
 * Suggestions: pass them to {@link withSuspected} to keep training from pushing them apart. Labels of one row are not compared.
 */
export function suspectedAliases(data: TrainingData<unknown>, options: SuspectedAliasesOptions = {}): SuspectedAlias[] {
  const { values, spaces } = partsOf(data);
  checkOptions("suspectedAliases", options, { embeddings: (value, argument) => checkEmbeddings(value, argument, values.length) });
  const aliases = new Map(identicalTexts(values, spaces).map((alias) => [`${alias.a}\n${alias.b}`, alias]));
  if (options.embeddings) {
    for (const { a, b, similarity } of mutualNearestCentroids(spaces, options.embeddings)) {
      const key = `${a}\n${b}`;
      aliases.set(key, { a, b, identicalTexts: aliases.get(key)?.identicalTexts ?? 0, centroidSimilarity: similarity });
    }
  }
  return [...aliases.values()].sort(
    (x, y) => y.identicalTexts - x.identicalTexts || (y.centroidSimilarity ?? 0) - (x.centroidSimilarity ?? 0) || (x.a < y.a ? -1 : 1),
  );
}

/** Checks that `value` is a vector for each of `rows` rows, of finite numbers: NaN would compare as unlike everything, in silence. */
export function checkEmbeddings(value: unknown, argument: string, rows: number): Float32Array | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Float32Array && value.length > 0 && value.length % rows === 0) {
    for (let at = 0; at < value.length; at++) {
      if (Number.isFinite(value[at])) continue;
      throw new NonFiniteError(
        `\`${argument}\` holds ${value[at]} in row ${Math.floor((at / value.length) * rows)}: expected finite numbers.`,
      );
    }
    return value;
  }
  const length = value instanceof Float32Array ? `a Float32Array of ${value.length}` : shown(value);
  throw new InvalidArgumentError(
    `\`${argument}\` must be a Float32Array of ${rows} × dim numbers, a vector for each row; received ${length}.`,
  );
}

/** The same data with more suspected pairs. */
export function withSuspected<Value>(
  data: TrainingData<Value>,
  pairs: readonly (readonly [LabelId, LabelId] | Pick<SuspectedAlias, "a" | "b">)[],
): TrainingData<Value> {
  const parts = partsOf(data);
  const more = pairs.map((pair) => ("a" in pair ? ([pair.a, pair.b] as const) : pair));
  return trainingData({ ...parts, declarations: { ...parts.declarations, suspected: [...(parts.declarations.suspected ?? []), ...more] } });
}

/**
 * Labels of two spaces that carry one text, on different rows.
 * @param partOf part of each space; spaces of one part are not compared
 */
export function identicalTexts(values: readonly unknown[], spaces: readonly RelationSpace[], partOf?: readonly string[]): SuspectedAlias[] {
  if (spaces.length < 2) return [];
  const ids = valueIds(values);
  const groups = new Map<number, number[]>();
  const first = new Int32Array(values.length).fill(-1);
  for (const [row, id] of ids.entries()) {
    if (first[id] === -1) first[id] = row;
    else if (groups.has(id)) groups.get(id)!.push(row);
    else groups.set(id, [first[id]!, row]);
  }
  const counts = new Map<string, { a: LabelId; b: LabelId; identicalTexts: number }>();
  for (const all of groups.values()) {
    const rows = oneOfAKind(all, spaces);
    const seen = new Set<string>();
    for (const r of rows) {
      for (const s of rows) {
        if (r === s) continue;
        for (let p = 0; p < spaces.length; p++) {
          const x = classAt(spaces[p]!, r);
          if (x < 0) continue;
          for (let q = p + 1; q < spaces.length; q++) {
            const y = classAt(spaces[q]!, s);
            if (y < 0 || (partOf && partOf[p] === partOf[q])) continue;
            const key = `${p},${x},${q},${y}`;
            if (seen.has(key)) continue;
            seen.add(key);
            const found = counts.get(key);
            if (found) found.identicalTexts += 1;
            else
              counts.set(key, {
                a: labelId(spaces[p]!.name, spaces[p]!.labels[x]!),
                b: labelId(spaces[q]!.name, spaces[q]!.labels[y]!),
                identicalTexts: 1,
              });
          }
        }
      }
    }
  }
  return [...counts.values()];
}

/** One row for each combination of labels: a text that occurs thousands of times stays cheap. */
function oneOfAKind(rows: readonly number[], spaces: readonly RelationSpace[]): number[] {
  return [...new Map(rows.map((row) => [spaces.map((space) => classAt(space, row)).join(), row])).values()];
}
