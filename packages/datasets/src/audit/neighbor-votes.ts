import { InvalidArgumentError, type OnProgress } from "@quaterion/core";
import { nearest } from "@quaterion/search";
import type { NamedSet, NearText } from "./leaks.js";
import type { DisputedLabel, NearConflict, NeighborAudit } from "./report.js";
import type { AuditedRows } from "./shared-texts.js";

/** What {@link neighborAudit} goes by. */
export interface NeighborOptions {
  readonly nearSimilarity: number;
  readonly neighbors: number;
  readonly agreement: number;
  readonly mostQueries: number;
  readonly onProgress?: OnProgress | undefined;
}

const queriesAtOnce = 1024;
/** A text votes once, and not on itself; so many more are fetched to make up for copies. */
const spare = 8;

/**
 * Compares each training row with the others of its label space, by vector.
 * @param embeddings a vector of each row, `[rows, dim]`
 * @param keys a row's text without what seldom matters: rows of one key are one text
 */
export function neighborAudit(
  { data, place, textOf }: AuditedRows,
  embeddings: Float32Array,
  keys: readonly unknown[],
  { nearSimilarity, neighbors, agreement, mostQueries, onProgress }: NeighborOptions,
): NeighborAudit {
  const dim = embeddings.length / data.values.length;
  const compared: { space: string; rows: number; of: number }[] = [];
  const conflicts: NearConflict[] = [];
  const disputed: DisputedLabel[] = [];
  const total = data.spaces.reduce((sum, { rows }) => sum + Math.min(rows.length, mostQueries), 0);
  let done = 0;
  for (const { name, labels, rows } of data.spaces) {
    if (rows.length < 2) continue;
    const classes = data.classesOf(name, rows);
    const gallery = vectorsOf(embeddings, dim, rows);
    const queries = spread(rows.length, mostQueries);
    compared.push({ space: name, rows: queries.length, of: rows.length });
    const k = Math.min(neighbors + spare, rows.length - 1);
    const named = (i: number, similarity: number) => ({ text: textOf(rows[i]!), label: labels[classes[i]!]!, similarity });
    for (let start = 0; start < queries.length; start += queriesAtOnce) {
      const part = queries.subarray(start, start + queriesAtOnce);
      const found = nearest(vectorsOf(gallery, dim, part), gallery, { dim, k, exclude: Int32Array.from(part) });
      for (const [q, i] of part.entries()) {
        const voted = new Set([keys[rows[i]!]]);
        const others: { i: number; similarity: number }[] = [];
        for (let at = q * k; at < (q + 1) * k && others.length < neighbors; at++) {
          const other = found.indices[at]!;
          if (other < 0) continue;
          const key = keys[rows[other]!];
          if (key !== undefined && voted.has(key)) continue;
          voted.add(key);
          others.push({ i: other, similarity: found.similarities[at]! });
          // Of the two rows, the lower one reports the pair, unless only the other was compared.
          if (classes[other] === classes[i] || found.similarities[at]! < nearSimilarity) continue;
          if (other < i && queries.length === rows.length) continue;
          const side = (x: number) => ({ row: place(rows[x]!), text: textOf(rows[x]!), label: labels[classes[x]!]! });
          conflicts.push({ space: name, similarity: found.similarities[at]!, a: side(i), b: side(other) });
        }
        const vote = outvoted(classes, i, others, agreement);
        if (!vote) continue;
        disputed.push({
          ...place(rows[i]!),
          space: name,
          text: textOf(rows[i]!),
          label: labels[classes[i]!]!,
          suggested: labels[vote.winner]!,
          votes: vote.votes,
          ownVotes: vote.ownVotes,
          of: others.length,
          similarity: others.find((other) => classes[other.i] === vote.winner)!.similarity,
          ownSimilarity: others.find((other) => classes[other.i] === classes[i])?.similarity,
          neighbors: others.slice(0, 3).map((other) => named(other.i, other.similarity)),
        });
      }
      done += part.length;
      onProgress?.({ phase: "comparing training texts", done, total, unit: "texts" });
    }
  }
  const lead = ({ similarity, ownSimilarity }: DisputedLabel) => similarity - (ownSimilarity ?? 0);
  return {
    nearSimilarity,
    compared,
    conflicts: conflicts.sort((x, y) => y.similarity - x.similarity),
    disputed: disputed.sort((x, y) => y.votes / y.of - x.votes / x.of || lead(y) - lead(x)),
  };
}

/** The label that enough of the neighbours agree on, when it is not the row's own. */
function outvoted(classes: Int32Array, row: number, others: readonly { i: number }[], agreement: number) {
  const counts = new Map<number, number>();
  for (const { i } of others) counts.set(classes[i]!, (counts.get(classes[i]!) ?? 0) + 1);
  let [winner, votes] = [-1, 0];
  for (const [label, count] of counts) if (count > votes) [winner, votes] = [label, count];
  if (winner === classes[row] || others.length < 2 || votes < agreement * others.length) return undefined;
  return { winner, votes, ownVotes: counts.get(classes[row]!) ?? 0 };
}

/** Test rows whose nearest training row is as near as `nearSimilarity`, for each pair of sets that both have vectors. */
export function nearTexts(
  train: readonly (NamedSet & { embeddings?: Float32Array })[],
  test: readonly (NamedSet & { embeddings?: Float32Array })[],
  { nearSimilarity, mostQueries, onProgress }: Pick<NeighborOptions, "nearSimilarity" | "mostQueries" | "onProgress">,
): NearText[] {
  const found: NearText[] = [];
  const total =
    test.reduce((sum, { embeddings, data }) => sum + (embeddings ? Math.min(data.values.length, mostQueries) : 0), 0) * train.length;
  let done = 0;
  for (const [u, asked] of test.entries()) {
    if (!asked.embeddings) continue;
    const dim = asked.embeddings.length / asked.data.values.length;
    const rows = spread(asked.data.values.length, mostQueries);
    for (const [t, { name, embeddings, data }] of train.entries()) {
      if (!embeddings) continue;
      if (embeddings.length !== dim * data.values.length)
        throw new InvalidArgumentError(
          `\`auditData.embeddings\` must be of one encoder: "${asked.name}" of the test data has ${dim} numbers a row, "${name}" of the training data ${embeddings.length / data.values.length}.`,
        );
      for (let start = 0; start < rows.length; start += queriesAtOnce) {
        const part = rows.subarray(start, start + queriesAtOnce);
        const { indices, similarities } = nearest(vectorsOf(asked.embeddings, dim, part), embeddings, { dim, k: 1 });
        for (const [q, row] of part.entries())
          if (similarities[q]! >= nearSimilarity)
            found.push({ train: t, trainRow: indices[q]!, test: u, testRow: row, similarity: similarities[q]! });
        done += part.length;
        onProgress?.({ phase: "comparing test texts with training texts", done, total, unit: "texts" });
      }
    }
  }
  return found;
}

function vectorsOf(embeddings: Float32Array, dim: number, rows: Uint32Array): Float32Array {
  const out = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) out.set(embeddings.subarray(row * dim, (row + 1) * dim), i * dim);
  return out;
}

/** All numbers below `count`, or `most` of them at even distances. */
function spread(count: number, most: number): Uint32Array {
  if (count <= most) return Uint32Array.from({ length: count }, (_, i) => i);
  return Uint32Array.from({ length: most }, (_, i) => Math.floor((i * count) / most));
}
