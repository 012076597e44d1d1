import type { LabelId, TrainingData } from "@quaterion/core";

/** Whether the relation of two labels is declared, or follows from what is. */
export function declaredPairs({ relations }: TrainingData<unknown>): (a: LabelId, b: LabelId) => boolean {
  const within = new Set((relations.declarations.narrower ?? []).flatMap(([a, b]) => [`${a}\n${b}`, `${b}\n${a}`]));
  return (a, b) => relations.of(a, b) !== 0 || within.has(`${a}\n${b}`);
}
