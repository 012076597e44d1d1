import { type EmbeddingModel, nameOf } from "@quaterion/core";
import { labelInWords, withLabelNames } from "@quaterion/datasets";
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
    const words = labelInWords(label);
    return words === undefined ? [] : [{ label, words }];
  });
  if (names.length < 2) return { right: 0, chance: 1 };
  const { dim } = encoder;
  const texts = await encoder.encode(train.values);
  const namesAt = await encoder.encode(names.map(({ words }) => words));
  const lengths = names.map((_, n) => Math.hypot(...namesAt.subarray(n * dim, (n + 1) * dim)) || 1);
  let right = 0;
  for (const row of train.values.keys()) {
    let [best, nearest] = [Number.NEGATIVE_INFINITY, ""];
    for (const [n, { label }] of names.entries()) {
      let product = 0;
      for (let d = 0; d < dim; d++) product += texts[row * dim + d]! * namesAt[n * dim + d]!;
      if (product / lengths[n]! > best) [best, nearest] = [product / lengths[n]!, label];
    }
    if (train.labelsOf(row).some((label) => nameOf(label) === nearest)) right++;
  }
  return { right: right / train.values.length, chance: 1 / names.length };
}
