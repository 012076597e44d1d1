import { type Batch, InvalidDataError, type Sampler, type TrainingData } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { lossNeeds } from "./loss-needs.js";

/** Batches drawn in vain before the data is said to hold none that the loss can read. */
const attempts = 1000;

/**
 * The next batch that the loss can read: where data has labels, pairs and graded pairs at once, batches of the other kinds are passed over.
 * @throws {InvalidDataError} when none comes
 */
export function usableBatch(sampler: Sampler, loss: Loss, data: TrainingData<unknown>): Batch {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const batch = sampler.next();
    if (readable(batch, loss, data)) return batch;
  }
  const wanted = loss.reads === "scores" ? lossNeeds(loss).map((need) => wantsOfPairs[need]) : [wants[loss.reads]];
  const others = loss.reads === "scores" && loss.leastOthers ? ` and ${1 + loss.leastOthers} partners or more for each row` : "";
  throw new InvalidDataError(
    `None of ${attempts} batches drawn from the data has what the loss "${loss.name}" reads: ${wanted.join(", ")}${others}.`,
  );
}

const wants = {
  relations: "rows",
  views: "pairs",
  classes: "rows with labels",
} as const;

const wantsOfPairs: Readonly<Record<string, string>> = {
  scores: "pairs with graded scores",
  teacherScores: "pairs with a teacher's scores",
  teacher: "rows",
  classes: "pairs with classes",
};

function readable(batch: Batch, loss: Loss, data: TrainingData<unknown>): boolean {
  const { rows, candidates, scores, pairClasses, space } = batch;
  // Graded pairs, and pairs with classes, say how alike two samples are, or what they are to each other, not whether they are alike.
  const related = scores === undefined && pairClasses === undefined;
  switch (loss.reads) {
    case "relations":
      return related;
    case "scores": {
      const partners = candidates === undefined ? 1 : candidates.length / rows.length;
      return lossNeeds(loss).every((need) => knows(batch, need)) && partners > (loss.leastOthers ?? 0);
    }
    case "views":
      return candidates !== undefined && related;
    case "classes":
      return (
        candidates === undefined &&
        (space !== undefined || data.spaces.some(({ name }) => data.classesOf(name, rows).some((number) => number >= 0)))
      );
  }
}

/** Does the batch hold what a loss on given pairs needs? A teacher's vectors are there for all rows. */
function knows({ candidates, scores, teacherScores, pairClasses }: Batch, need: string): boolean {
  if (need === "teacher") return true;
  const field = { scores, teacherScores, classes: pairClasses }[need];
  return candidates !== undefined && field !== undefined;
}
