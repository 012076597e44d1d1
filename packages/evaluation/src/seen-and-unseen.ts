import { InvalidArgumentError } from "@quaterion/core";
import { accuracy, macroAccuracy } from "./accuracy.js";
import type { MicroMacro } from "./space-accuracy.js";

/** How classes that were trained on did, and classes that came afterwards. */
export interface SeenAndUnseen {
  readonly seen: MicroMacro;
  readonly unseen: MicroMacro;
  /** 2 s u / (s + u) of the two macro accuracies: near 1 only where both are. */
  readonly harmonicMean: number;
  /** Share of the unseen classes' queries that were answered with a seen class. */
  readonly takenForSeen: number;
  /** Share of the seen classes' queries that were answered with an unseen class. */
  readonly takenForUnseen: number;
}

/**
 * Accuracy of classes that training saw and of those that it did not, apart, with all of them as possible answers. The harmonic mean of the two macro
 * accuracies is the measure of generalised zero- and few-shot learning: Xian, Schiele & Akata, "Zero-shot learning: the good, the bad and the ugly",
 * CVPR 2017, section 3.
 * @param seen the classes that training saw
 * @throws {InvalidArgumentError} when the lengths differ, or the truth holds no seen or no unseen class
 */
export function seenAndUnseen<Label>(answers: readonly Label[], truth: readonly Label[], seen: Iterable<Label>): SeenAndUnseen {
  accuracy(answers, truth); // checks the lengths
  const known = new Set(seen);
  const [ofSeen, ofUnseen]: [number[], number[]] = [[], []];
  for (const [row, label] of truth.entries()) (known.has(label) ? ofSeen : ofUnseen).push(row);
  for (const [rows, kind] of [
    [ofSeen, "seen"],
    [ofUnseen, "unseen"],
  ] as const) {
    if (rows.length === 0)
      throw new InvalidArgumentError(
        `\`truth\` holds no ${kind} class, so there is nothing to compare: \`seen\` names ${known.size} classes, of which ${new Set(truth.filter((label) => known.has(label))).size} occur among ${new Set(truth).size}.`,
      );
  }
  const both = (rows: readonly number[]): MicroMacro => {
    const [given, right] = [rows.map((row) => answers[row]!), rows.map((row) => truth[row]!)];
    return { ...accuracy(given, right), macro: macroAccuracy(given, right) };
  };
  const share = (rows: readonly number[], asSeen: boolean) =>
    rows.filter((row) => known.has(answers[row]!) === asSeen).length / rows.length;
  const [s, u] = [both(ofSeen), both(ofUnseen)];
  const sum = s.macro + u.macro;
  return {
    seen: s,
    unseen: u,
    harmonicMean: sum === 0 ? 0 : (2 * s.macro * u.macro) / sum,
    takenForSeen: share(ofUnseen, true),
    takenForUnseen: share(ofSeen, false),
  };
}
