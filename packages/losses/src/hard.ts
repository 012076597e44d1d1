import { farthest, nearest } from "./extremes.js";
import type { Miner } from "./miner.js";

/**
 * The miner that keeps each anchor's farthest similar and nearest dissimilar sample ("batch hard"); those that tie are all kept.
 *
 * Hermans, Beyer & Leibe, "In defense of the triplet loss for person re-identification", 2017, eq. 5.
 */
export function hard(): Miner {
  return {
    name: "hard",
    onePerAnchor: true,
    pairs: (distances, { similar, dissimilar }) => ({
      similar: farthest(distances, similar),
      dissimilar: nearest(distances, dissimilar),
    }),
  };
}
