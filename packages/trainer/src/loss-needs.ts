import type { Loss, PairKnowledge, RelationKnowledge } from "@quaterion/core/training";

/** What a loss must know beside what every loss of its kind reads. */
export function lossNeeds(loss: Loss): readonly (PairKnowledge | RelationKnowledge)[] {
  if (loss.reads === "scores") return loss.needs ?? ["scores"];
  return loss.reads === "relations" ? (loss.needs ?? []) : [];
}

/** Does it need the vectors of a guide (or teacher) model? */
export function needsGuide(loss: Loss): boolean {
  const needs = lossNeeds(loss);
  return needs.includes("guide") || needs.includes("teacher");
}
