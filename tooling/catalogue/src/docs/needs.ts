import type { Loss } from "@quaterion/core/training";
import * as exported from "@quaterion/losses";
import { everyLoss } from "../every-loss.js";
import type { UnitKind } from "./unit-kind.js";

const words: Readonly<Record<string, string>> = {
  relations: "relations",
  classes: "classes",
  views: "views",
  guide: "a guide's vectors",
  ownNegatives: "given negatives",
  scores: "scores of pairs",
  teacherScores: "a teacher's scores",
  teacher: "a teacher's vectors",
};

/** What a unit asks of the batch, as its declaration with default options says. */
export function needsOf(name: string, kind: UnitKind): string {
  if (kind === "wrapper") return "what the loss within needs";
  if (kind === "regularizer") {
    const { parametersOnly, wholeBatch } = (exported as unknown as Record<string, () => exported.Regularizer>)[name]!();
    return `${parametersOnly ? "class vectors" : "any vectors"}${wholeBatch ? "; of embeddings, whole batches" : ""}`;
  }
  return needsOfLoss(everyLoss().get(name)!);
}

function needsOfLoss(loss: Loss): string {
  const given = ("needs" in loss ? (loss.needs ?? []) : []).filter((field) => field !== "mostSimilar"); // `fit` always knows it
  const reads =
    loss.reads === "scores"
      ? given.map((field) => (field === "classes" ? "classes of pairs" : words[field]!))
      : [loss.reads, ...given].map((field) => words[field]!);
  const learned = Object.keys(loss.parameters?.({ dim: 4, classes: 3 }, { normal: () => 0, uniform: () => 0 } as never) ?? {});
  return [
    reads.join(", "),
    ...("leastOthers" in loss && loss.leastOthers ? ["negatives"] : []),
    ...(loss.memory ? ["memory"] : []),
    ...(loss.wholeBatch ? ["whole batches"] : []),
    ...(learned.length > 0 ? [`learns ${learned.map((each) => `\`${each}\``).join(", ")}`] : []),
  ].join("; ");
}
