import { neverAsked } from "./reference-folds.js";
import type { RuleReferences } from "./rules/decision-rule.js";
import { sampledCosines } from "./sampled-cosines.js";

/** References whose nearest other one is looked up, at most: the quantile of more is no different. */
const most = 4000;

/**
 * The similarity below which an input is refused, so that about `falseAlarms` of the known inputs are: the k-th smallest similarity of a
 * reference to its nearest other one, k = ⌊falseAlarms · (n + 1)⌋; −∞ (nothing is refused) where k is 0, too few references for a promise.
 *
 * It holds for an encoder that was not trained on the references. A trained one has drawn them together, so that new inputs lie farther from them than
 * they from each other: `calibrate` with inputs that were held out then.
 *
 * Split conformal prediction's quantile, by leaving one out: Vovk, Gammerman & Shafer, "Algorithmic learning in a random world", 2005, ch. 4;
 * Barber, Candès, Ramdas & Tibshirani, "Predictive inference with the jackknife+", 2021.
 *
 * @param groups `[references]`: entries of one group are the same reference; those of group −1 are only referred to
 */
export function refusalThreshold({ vectors, dim, classes }: RuleReferences, falseAlarms: number, groups?: Int32Array): number {
  const n = classes.length;
  const similarities: number[] = [];
  for (const [i, row] of sampledCosines(vectors, dim, most)) {
    if (groups?.[i] === neverAsked) continue;
    let highest = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < n; j++) if (j !== i && (!groups || groups[j] !== groups[i]) && row[j]! > highest) highest = row[j]!;
    similarities.push(highest);
  }
  return conformalSimilarity(similarities, falseAlarms);
}

/**
 * The k-th smallest similarity, k = ⌊falseAlarms · (n + 1)⌋; −∞ where k is 0. Of later inputs that could have changed places with these, at most
 * `falseAlarms` lie below it, on average, whatever the distribution.
 */
export function conformalSimilarity(similarities: readonly number[], falseAlarms: number): number {
  // The guard keeps 0.29 · 100 = 28.999999999999996 at 29.
  const k = Math.floor(falseAlarms * (similarities.length + 1) + 1e-9);
  return k < 1 ? Number.NEGATIVE_INFINITY : [...similarities].sort((a, b) => a - b)[Math.min(k, similarities.length) - 1]!;
}
