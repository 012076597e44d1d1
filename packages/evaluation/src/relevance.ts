import { InvalidArgumentError, list, type RelationBlockOptions, type Relations } from "@quaterion/core";

/** Fills in how relevant each gallery row is to a query: 1 relevant, −1 not, 0 unknown (left out of the ranking). */
export interface Relevance {
  (query: number, into: Int8Array): void;
  /** Queries it knows of; there must be as many. Absent: any number. */
  readonly queries?: number;
}

/** Relevant is what has the same label. Labels of one space only: over several, use {@link relationRelevance}. */
export function labelRelevance<Label extends string | number>(queryLabels: ArrayLike<Label>, galleryLabels: ArrayLike<Label>): Relevance {
  for (const [name, labels] of Object.entries({ queryLabels, galleryLabels })) list(labels, name);
  const relevance = (query: number, into: Int8Array): void => {
    if (query >= queryLabels.length || galleryLabels.length !== into.length) {
      throw new InvalidArgumentError(
        `Labels must be as many as vectors: received ${queryLabels.length} for queries (one has number ${query}) and ${galleryLabels.length} for a gallery of ${into.length}.`,
      );
    }
    for (let row = 0; row < into.length; row++) into[row] = queryLabels[query] === galleryLabels[row] ? 1 : -1;
  };
  return Object.assign(relevance, { queries: queryLabels.length });
}

/** Relevant is what the relations call similar; what they leave unknown takes no part, nor does a sample as its own answer (by its row). */
export function relationRelevance(
  relations: Relations,
  queryRows: Uint32Array,
  galleryRows: Uint32Array,
  options?: RelationBlockOptions,
): Relevance {
  for (const [name, rows] of Object.entries({ queryRows, galleryRows })) list(rows, name);
  const relevance = (query: number, into: Int8Array): void => {
    if (galleryRows.length !== into.length || query >= queryRows.length) {
      throw new InvalidArgumentError(`Rows must be as many as vectors: received ${queryRows.length} and ${galleryRows.length}.`);
    }
    into.set(relations.block(queryRows.subarray(query, query + 1), galleryRows, options));
  };
  return Object.assign(relevance, { queries: queryRows.length });
}
