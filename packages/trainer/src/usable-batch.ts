import { type Batch, InvalidDataError, type Sampler, type TrainingData } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";

/** Batches drawn in vain before the data is said to hold none that the loss can read. */
const attempts = 1000;

/**
 * The next batch that the loss can read: where data has labels, pairs and graded pairs at once, batches of the other kinds are passed over.
 * @throws {InvalidDataError} when none comes
 */
export function usableBatch(sampler: Sampler, { reads, name }: Loss, data: TrainingData<unknown>): Batch {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const batch = sampler.next();
    if (readable(batch, reads, data)) return batch;
  }
  throw new InvalidDataError(`None of ${attempts} batches drawn from the data has what the loss "${name}" reads: ${wants[reads]}.`);
}

const wants = {
  relations: "rows",
  classes: "rows with labels",
  scores: "pairs with graded scores",
  views: "pairs",
} as const;

function readable({ rows, candidates, scores, space }: Batch, reads: Loss["reads"], data: TrainingData<unknown>): boolean {
  switch (reads) {
    case "relations":
      // Graded pairs say how alike two samples are, not whether they are.
      return scores === undefined;
    case "scores":
      return candidates !== undefined && scores !== undefined;
    case "views":
      return candidates !== undefined && scores === undefined;
    case "classes":
      return (
        candidates === undefined &&
        (space !== undefined || data.spaces.some(({ name }) => data.classesOf(name, rows).some((number) => number >= 0)))
      );
  }
}
