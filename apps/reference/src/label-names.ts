import { type EmbeddingModel, nameOf } from "@quaterion/core";
import { labelInWords, withLabelNames } from "@quaterion/datasets";
import { nearest, ReferenceSet } from "@quaterion/serving";
import type { LabeledSet } from "./read-sets.js";
import { percent, type Screen } from "./screen.js";

/**
 * The sets with each label's name, in words, as one more training text, where the names of a set tell anything: where the encoder finds more training texts nearest
 * to their own label's name than chance would (three standard errors).
 */
export async function withTellingNames(
  screen: Screen,
  encoder: EmbeddingModel<string>,
  sets: Record<string, LabeledSet>,
): Promise<Record<string, LabeledSet>> {
  const named: Record<string, LabeledSet> = {};
  for (const [name, set] of Object.entries(sets)) {
    const { right, chance } = await namesAlone(encoder, set);
    const tell = right > chance + 3 * Math.sqrt((chance * (1 - chance)) / set.train.values.length);
    named[name] = tell ? { ...set, train: withLabelNames(set.train) } : set;
    const example = set.train.spaces[0]!.labels.map(labelInWords).find((words) => words !== undefined);
    screen.line(
      tell
        ? `Label names of ${name}, such as "${example}", find ${percent(right)} of its training texts on their own: each counts as one example (--no-label-names: none does).`
        : `Label names of ${name} say nothing about its texts, and are left out.`,
    );
  }
  return named;
}

/** Share of training texts that are nearest to their own label's name, and what chance would give. */
async function namesAlone(encoder: EmbeddingModel<string>, { train }: LabeledSet): Promise<{ right: number; chance: number }> {
  const names = train.spaces[0]!.labels.flatMap((label) => {
    const value = labelInWords(label);
    return value === undefined ? [] : [{ value, label }];
  });
  if (names.length < 2) return { right: 0, chance: 1 };
  const references = await ReferenceSet.from(encoder, names, { rule: nearest(), refuse: false });
  const answers = await references.classifyMany(train.values, { alternatives: 0, nearest: 0 });
  const right = answers.filter(({ name }, row) => train.labelsOf(row).some((label) => nameOf(label) === name)).length;
  return { right: right / train.values.length, chance: 1 / names.length };
}
