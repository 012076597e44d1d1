import { type EmbeddingModel, labelId, nameOf, type TrainingData } from "@quaterion/core";
import { type DecisionRule, ReferenceSet } from "@quaterion/serving";
import { combined, type Task } from "./label-sets.js";

/** Which test texts a model got right, and by which rule: by label space, and on one gallery of all. */
export interface Answers {
  readonly right: Readonly<Record<string, Uint8Array>>;
  readonly rules: Readonly<Record<string, string>>;
}

/** Name of the gallery of all sets among the spaces. */
export const sharedIndex = "shared index";

/**
 * Answers of a model whose references are the training samples of some spaces.
 * @param names spaces that are asked
 * @param rule chosen on the references where none is given
 */
export async function answersOf(
  model: EmbeddingModel<string>,
  task: Task,
  names: readonly string[],
  { seed, shared, rule }: { seed: number; shared: boolean; rule?: DecisionRule },
): Promise<Answers> {
  const right: Record<string, Uint8Array> = {};
  const rules: Record<string, string> = {};
  for (const name of names) {
    const references = await ReferenceSet.from(model, combined(task.train, [name]), { rule: rule ?? "auto", seed });
    const answers = await references.classifyMany(task.test[name]!.values, { space: name });
    right[name] = rightOf(answers, task.test[name]!, name);
    rules[name] = answers[0]!.rule;
  }
  if (shared) {
    const references = await ReferenceSet.from(model, combined(task.train, names), { rule: rule ?? "auto", seed });
    const parts: Uint8Array[] = [];
    for (const name of names) {
      const answers = await references.classifyMany(task.test[name]!.values);
      parts.push(rightOf(answers, task.test[name]!, name));
      rules[sharedIndex] = answers[0]!.rule;
    }
    right[sharedIndex] = Uint8Array.from(parts.flatMap((part) => [...part]));
  }
  return { right, rules };
}

function rightOf(answers: readonly { label: string }[], test: TrainingData<string>, space: string): Uint8Array {
  return Uint8Array.from(answers, ({ label }, row) => Number(label === labelId(space, nameOf(test.labelsOf(row)[0]!))));
}
