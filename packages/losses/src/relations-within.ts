import { InvalidArgumentError } from "@quaterion/core";
import type { PairMasks, RelationBatch } from "@quaterion/core/training";

/**
 * The relations among the anchors, or among the candidates, of a batch; where the two are the same rows, those between them.
 * @param needer the option that needs them, as the user writes it
 * @throws {InvalidArgumentError} where the batch does not tell
 */
export function relationsWithin(batch: RelationBatch, side: "anchors" | "candidates", needer: string): PairMasks {
  const among = side === "anchors" ? batch.amongAnchors : batch.amongCandidates;
  if (among) return among;
  if (batch.anchors === batch.candidates) return batch;
  const field = side === "anchors" ? "amongAnchors" : "amongCandidates";
  throw new InvalidArgumentError(
    `\`${needer}\` needs the relations among ${side}; the batch has candidates of their own and no \`${field}\`. Give them, or leave the option out.`,
  );
}
