import { type BatchEasyHardOptions, batchEasyHard } from "@quaterion/losses";
import type { GoldenDistance } from "../../golden-case.js";
import type { MinerMapping } from "../../mapping.js";
import { distanceMargin } from "../common/pair-distances.js";

type Range = readonly [number, number];
const strategies = { easy: "easy", semihard: "semiHard", hard: "hard", all: "all" } as const;
const strategyOf = (name: unknown): BatchEasyHardOptions["positive"] => strategies[name as keyof typeof strategies];

/** A range of the peer's distances or similarities as one of our distances; the peer applies none where all stay. */
function rangeOf(distance: GoldenDistance, range: unknown, strategy: unknown): Range | undefined {
  if (!range || strategy === "all") return undefined;
  const [one, other] = (range as Range).map((border) => distanceMargin(distance, border));
  return [Math.min(one!, other!), Math.max(one!, other!)];
}

export const mapping: MinerMapping = {
  BatchEasyHardMiner: {
    options: ["pos_strategy", "neg_strategy", "allowed_pos_range", "allowed_neg_range", "distance"],
    say: ({ options: { pos_strategy, neg_strategy, allowed_pos_range, allowed_neg_range }, distance }) => ({
      miner: batchEasyHard({
        positive: strategyOf(pos_strategy),
        negative: strategyOf(neg_strategy),
        positiveRange: rangeOf(distance, allowed_pos_range, pos_strategy),
        negativeRange: rangeOf(distance, allowed_neg_range, neg_strategy),
      }),
    }),
  },
};
