import type { Miner } from "./miner.js";

/** The miner that keeps every known pair and triplet ("batch all", Hermans, Beyer & Leibe, 2017). */
export function all(): Miner {
  return { name: "all", pairs: (_, masks) => masks };
}
