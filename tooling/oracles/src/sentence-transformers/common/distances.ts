import { cosineDistances, euclideanDistances, manhattanDistances, type PairFunction } from "@quaterion/losses";
import { Uncovered } from "../../mapping.js";

/** The distances that an option of the peer names, such as `Siamese.EUCLIDEAN`; `usual` where it names none. */
export function distancesOf(name: unknown, usual: PairFunction): PairFunction {
  if (name === undefined) return usual;
  const distances = {
    cosine: cosineDistances,
    cosine_distance: cosineDistances,
    euclidean: euclideanDistances,
    manhattan: manhattanDistances,
  }[String(name).split(".").at(-1)!.toLowerCase()];
  if (!distances) throw new Uncovered(`distance ${String(name)}`);
  return distances;
}
