import type { Miner } from "./miner.js";

/**
 * The miner that keeps every known pair and triplet ("batch all").
 *
 * Hermans, Beyer & Leibe, "In defense of the triplet loss for person re-identification", 2017, eq. 6.
 */
export function all(): Miner {
  return { name: "all", pairs: (_, masks) => masks };
}
