import { pairedTest } from "@quaterion/evaluation";

/** Answers of a model to each set's test texts, and what is right. */
export interface SetAnswers {
  readonly answers: readonly string[];
  readonly truth: readonly string[];
}

/** A difference that chance alone would make less often than this is called clear. */
const clear = 0.05;

/**
 * On which sets a model is clearly better or worse than another, in one sentence, by McNemar's test on the same texts.
 * @param model its answers by set
 * @param other those of what it is compared with; sets that it lacks are passed over
 */
export function clearDifferences(
  title: string,
  model: Readonly<Record<string, SetAnswers>>,
  other: Readonly<Record<string, SetAnswers>>,
): string {
  const found = { "clearly better": [] as string[], "clearly worse": [] as string[], "no clear difference": [] as string[] };
  for (const [set, { answers, truth }] of Object.entries(model)) {
    if (!other[set]) continue;
    const { p, difference } = pairedTest(answers, other[set].answers, truth);
    found[p >= clear ? "no clear difference" : difference > 0 ? "clearly better" : "clearly worse"].push(set);
  }
  const parts = Object.entries(found).filter(([, sets]) => sets.length > 0);
  return `${title}: ${parts.map(([what, sets]) => `${what} on ${listed(sets)}`).join("; ")}.`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
