import { InvalidArgumentError, isOfPart, shown, suggestion, type TrainingData } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { lossNeeds } from "./loss-needs.js";
import type { FitOptions } from "./options.js";

/**
 * Has the data what the loss reads: labels, pairs, scores, classes of pairs, the parts that it names?
 * @throws {InvalidArgumentError} naming what is missing, in the data or in what is held out
 */
export function checkDataForLoss<Value>({ data, validation, loss }: Pick<FitOptions<Value>, "data" | "validation" | "loss">): void {
  checkDataFits(data, loss, "data");
  checkParts(data, loss);
  if (!validation) return;
  checkDataFits(validation, loss, "validation");
  const [classes, heldOut] = [data, validation].map(({ pairClasses }) => pairClasses?.join(", ") ?? "");
  if (lossNeeds(loss).includes("classes") && classes !== heldOut)
    throw new InvalidArgumentError(
      `\`fit.validation\` must have the classes of pairs of \`fit.data\`, in their order: ${classes}; received ${heldOut}. Give \`classified\` the option \`classes\`.`,
    );
}

/** The parts that the loss names must be there. */
function checkParts(data: TrainingData<unknown>, { name, ofParts = [] }: Loss): void {
  const sources = new Set([...data.spaces.map((space) => space.name), ...(data.pairs ?? []).flatMap(({ group }) => group ?? [])]);
  const wrong = ofParts.find((part) => ![...sources].some((source) => isOfPart(source, part)));
  if (wrong === undefined) return;
  const hint = suggestion(wrong, [...sources].flatMap((source) => [source, source.slice(0, source.lastIndexOf("."))]).filter(Boolean));
  throw new InvalidArgumentError(`\`fit.loss\` "${name}" has a loss for "${wrong}", which is no part of \`fit.data\`.${hint}`);
}

function checkDataFits(data: TrainingData<unknown>, loss: Loss, argument: string): void {
  const needs = (what: string, has: string) =>
    new InvalidArgumentError(`\`fit.loss\` "${loss.name}" needs ${what}; \`fit.${argument}\` has ${has}.`);
  if (data.values.length === 0) throw new InvalidArgumentError(`\`fit.${argument}\` has no samples.`);
  const pairs = data.pairs ?? [];
  const labels = data.spaces.reduce((sum, space) => sum + space.labels.length, 0);
  const holds = `${data.values.length} samples, ${labels} labels and ${pairs.length} pairs`;
  switch (loss.reads) {
    case "relations":
      if (labels === 0 && !pairs.some(({ relation }) => relation !== 0))
        throw needs("labels, or pairs that are similar or dissimilar", holds);
      if (lossNeeds(loss).includes("ownNegatives") && !pairs.some(({ relation }) => relation === -1))
        throw needs("negatives given with their anchors (triplets, or dissimilar pairs)", `${holds}, none dissimilar`);
      return;
    case "classes":
      if (!data.spaces.some((space) => space.labels.length > 1)) throw needs("a label space of two or more labels", holds);
      return;
    case "scores":
      for (const need of lossNeeds(loss)) {
        if (need === "scores" && !pairs.some(({ score }) => score !== undefined))
          throw needs("pairs with graded scores", `${holds}, none with a score`);
        if (need === "teacherScores" && !pairs.some(({ teacherScore }) => teacherScore !== undefined))
          throw needs("triplets with a teacher's scores", `${holds}, none with a teacher's score`);
        if (need === "classes" && !pairs.some((pair) => pair.class !== undefined))
          throw needs("pairs with classes", `${holds}, none with a class`);
      }
      return;
    case "views":
      if (!pairs.some(({ relation }) => relation === 1)) throw needs("similar pairs (two views of one record)", holds);
      return;
    default:
      throw new InvalidArgumentError(
        `\`fit.loss.reads\` must be "relations", "classes", "scores" or "views"; received ${shown((loss as { reads?: unknown }).reads)}.`,
      );
  }
}
