import { checkOptions, InvalidArgumentError, shown } from "@quaterion/core";
import type { LossParameters, RelationLoss } from "@quaterion/core/training";
import { cosineDistances } from "./cosine-distances.js";
import { detach } from "./detach.js";
import { demandTensors } from "./loss-definition.js";
import { minedPairs } from "./mined-pairs.js";
import { type Miner, minerValue } from "./miner.js";
import { type PairFunction, pairFunction } from "./pair-function.js";

export interface MinedOptions {
  /** What the miner measures with; cosineDistances. */
  distances?: PairFunction | undefined;
}

/**
 * A relation loss that learns only from the pairs that a miner keeps: `mined(contrastive(), pairMargin())`. To the loss, the pairs that are left out
 * are unknown. Of a miner of triplets, the pairs that are part of a triplet stay. A loss with an option `miner`, such as `tripletMargin`, takes the
 * miner there, where it can choose triplets too.
 * Use it when most pairs of a batch are learned already, or so hard that they are probably mislabelled.
 * @throws {InvalidArgumentError} when `loss` reads no relations, or `miner` is no miner
 */
export function mined<Parameters extends LossParameters>(
  loss: RelationLoss<Parameters>,
  miner: Miner,
  options: MinedOptions = {},
): RelationLoss<Parameters> {
  if (typeof loss !== "object" || loss === null || loss.reads !== "relations") {
    throw new InvalidArgumentError(`\`mined.loss\` must be a loss on relations, such as contrastive(); received ${shown(loss)}.`);
  }
  minerValue(miner, "mined.miner");
  checkOptions("mined", options, { distances: pairFunction });
  const { distances = cosineDistances } = options;
  const wholeBatch = loss.wholeBatch === true || miner.wholeBatch === true;
  return {
    ...loss,
    name: `mined(${loss.name})`,
    config: { loss: loss.name, options: loss.config ?? {}, miner: miner.name, distances: distances.name },
    wholeBatch,
    memory: loss.memory && !wholeBatch,
    compute(batch, parameters) {
      demandTensors("mined", batch, ["anchors", "candidates", "similar", "dissimilar"]);
      // What a miner sees are constants; where the two sides are one tensor they stay one.
      const [anchors, candidates] = [detach(batch.anchors), detach(batch.candidates)];
      const others = batch.candidates === batch.anchors ? anchors : candidates;
      const across = miner.needsAcross ? distances(others, others) : undefined;
      const rows = { dim: anchors.shape[1], across };
      return loss.compute({ ...batch, ...minedPairs(miner, distances(anchors, others), batch, rows) }, parameters);
    },
  };
}
