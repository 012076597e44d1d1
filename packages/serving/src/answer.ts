import type { LabelId } from "@quaterion/core";

/** A class that could have been the answer. */
export interface Alternative {
  readonly label: LabelId;
  /** Calibrated on held-out references, 0 to 1. */
  readonly probability: number;
}

/** A reference near the input. */
export interface NearReference {
  readonly id: string;
  readonly labels: readonly LabelId[];
  /** Cosine. */
  readonly similarity: number;
}

/** What a reference set says about an input. */
export interface Answer {
  /** Label id: "banking/card_arrival". The likeliest, also where the answer is refused. */
  readonly label: LabelId;
  /** "banking" */
  readonly space: string;
  /** "card_arrival" */
  readonly name: string;
  /** Labels of other spaces that are declared the same as `label`. */
  readonly same: readonly LabelId[];
  /** How likely the label is among the known ones, 0 to 1; calibrated on held-out references. */
  readonly probability: number;
  /** The rule's own number for the label. */
  readonly score: number;
  /** Cosine of the input and the nearest reference. */
  readonly similarity: number;
  /** True where the input is so unlike all references that it is probably none of the known classes. */
  readonly refused: boolean;
  /** Why it is refused. */
  readonly reason?: string;
  /** Name of the decision rule. */
  readonly rule: string;
  /** Likeliest classes, best first, the answer itself among them. */
  readonly alternatives: readonly Alternative[];
  /** Nearest references, best first. */
  readonly nearest: readonly NearReference[];
}

/** A reference that took part in a decision. */
export interface DecisiveReference<Value> {
  readonly id: string;
  readonly value: Value | undefined;
  /** The label it has, and counts for. */
  readonly label: LabelId;
  readonly similarity: number;
  /** What it adds to the answer's score; over all references these sum to `score` of the explanation. */
  readonly amount: number;
  /** `amount` over the sum of all absolute amounts: −1 to 1, negative where it speaks against the answer. */
  readonly share: number;
}

/** A part of the input, and what leaving it out does. */
export interface DecisivePart {
  /** "card" */
  readonly name: string;
  /** By how much the answer's score falls without it; negative where it rises. */
  readonly change: number;
  /** Probability of the answer without it. */
  readonly probability: number;
}

/** Why an input got its answer. */
export interface Explanation<Value> {
  readonly answer: Answer;
  /** What the amounts of all references sum to. */
  readonly total: number;
  /** Unit of the amounts: the rule's score, or parts of all votes. */
  readonly unit: "score" | "votes";
  /** Those with the largest shares, in order of their size. */
  readonly references: readonly DecisiveReference<Value>[];
  /** Those that matter most first; empty where the model can't take its inputs apart. */
  readonly parts: readonly DecisivePart[];
}
