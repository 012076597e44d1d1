import { everyLoss } from "@quaterion/catalogue/every-loss";
import type { Loss } from "@quaterion/core/training";
import { dynamicSoftMargin, hard, matryoshka, supervisedContrastive, tripletMargin } from "@quaterion/losses";

/** A loss that is timed. */
export interface LossCase {
  readonly name: string;
  readonly loss: Loss;
  /** Anchor i belongs to candidate i; otherwise the anchors are the candidates, eight of each label. */
  readonly pairs: boolean;
}

const ofPairs = ["multipleNegativesRanking", "guidedNegatives", "megaBatchMargin", "nPairs"];

/** Every loss with its default options, and some with others, which people combine or which cost more. */
export function lossCases(): LossCase[] {
  const losses: [string, Loss][] = [
    ...everyLoss(),
    ["tripletMargin(hard)", tripletMargin({ miner: hard() })],
    ["dynamicSoftMargin(every)", dynamicSoftMargin({ negatives: "every" })],
    ["matryoshka(supervisedContrastive)", matryoshka(supervisedContrastive(), { dims: [128, 64, 32] })],
  ];
  return losses.map(([name, loss]) => ({ name, loss, pairs: ofPairs.includes(name) }));
}

/** Rows of a batch and width of the embeddings. */
export interface Size {
  readonly rows: number;
  readonly dim: number;
}

export const samplesOfClass = 8;

/** Files of numbers that every engine reads, and which matrix of a batch takes which; parameters are of `weights`. */
export const matrices: Readonly<Record<string, string>> = {
  anchors: "a",
  embeddings: "a",
  first: "a",
  one: "a",
  candidates: "b",
  second: "b",
  two: "b",
  other0: "c",
  guideAnchors: "c",
  teacherFirst: "c",
  teacherScores: "c",
  guideCandidates: "d",
  teacherSecond: "d",
};
