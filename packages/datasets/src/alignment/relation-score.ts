import type { LabelEvidence } from "./align-labels.js";

/** How likely each relation of two labels is, 0 to 1; what is left is that they have none. */
export interface RelationChances {
  readonly same: number;
  /** The first label lies within the second. */
  readonly narrower: number;
  readonly broader: number;
}

/**
 * How likely it is that a person would call two labels the same, the first narrower, or the first broader.
 *
 * With vectors, a softmax over four classes of a linear function of the evidence. Its constants were fitted (scikit-learn's LogisticRegression,
 * C = 0.1) on 5,244 label pairs of BANKING77, CLINC150 and HWU64 judged one by one, by two encoders, with all examples and with ten a label (162 of
 * them related), and, with a tenth of the weight, on halves of these sets and on their coarse labels, where the truth is known. Without
 * vectors: a logistic function of shared texts and names, fitted on the 105 of the pairs that have any (28 the same).
 * How well it says: see the package's README.
 */
export function relationChances(evidence: LabelEvidence): RelationChances {
  const { belongsWithA, belongsWithB, shareOfA, shareOfB, identicalTexts, names } = evidence;
  const texts = Math.log1p(identicalTexts);
  if (belongsWithA === undefined || belongsWithB === undefined || shareOfA === undefined || shareOfB === undefined) {
    if (identicalTexts === 0 && names < 0.4) return { same: 0, narrower: 0, broader: 0 };
    return { same: 1 / (1 + Math.exp(2.667 - 2.744 * names - 0.665 * texts)), narrower: 0, broader: 0 };
  }
  const [a, b] = [kept(belongsWithA), kept(belongsWithB)];
  const least = Math.min(shareOfA, shareOfB);
  const same = -10.826 + 1.943 * (a + b) + 3.822 * (shareOfA + shareOfB) + 3.492 * least + 1.091 * a * b + 3.006 * names + 1.537 * texts;
  const within = (own: number, other: number, shareOfOwn: number, shareOfOther: number) =>
    -9.389 +
    0.896 * own +
    4.153 * other +
    5.32 * shareOfOwn -
    0.158 * shareOfOther -
    0.018 * least +
    1.349 * a * b +
    0.553 * names +
    2.225 * texts;
  const odds = [same, within(a, b, shareOfA, shareOfB), within(b, a, shareOfB, shareOfA)].map(Math.exp);
  const all = 1 + odds[0]! + odds[1]! + odds[2]!;
  return { same: odds[0]! / all, narrower: odds[1]! / all, broader: odds[2]! / all };
}

/** The range that the constants were fitted on. */
function kept(belonging: number): number {
  return Math.max(-0.5, Math.min(1.3, belonging));
}
