import { farthest, nearest } from "./extremes.js";
import type { Miner } from "./miner.js";

/**
 * The miner that keeps each anchor's nearest similar and farthest dissimilar sample; those that tie are all kept. What is easy already teaches
 * little: it serves for a start from noisy labels. For the nearest similar sample with hard negatives, which keeps classes of several clusters
 * apart, take `batchEasyHard()`.
 */
export function easy(): Miner {
  return {
    name: "easy",
    onePerAnchor: true,
    pairs: (distances, { similar, dissimilar }) => ({
      similar: nearest(distances, similar),
      dissimilar: farthest(distances, dissimilar),
    }),
  };
}
