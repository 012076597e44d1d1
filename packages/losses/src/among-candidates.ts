import { InvalidArgumentError } from "@quaterion/core";
import type { PairMasks, RelationBatch } from "@quaterion/core/training";

/**
 * The masks of the pairs among the candidates, `[candidates, candidates]`.
 * @param loss the name that the message shows
 * @throws {InvalidArgumentError} when the candidates are not the anchors and the batch tells nothing of the pairs among them
 */
export function amongCandidates(
  loss: string,
  { anchors, candidates, similar, dissimilar, amongCandidates: among }: RelationBatch,
): PairMasks {
  if (among) return among;
  if (candidates === anchors) return { similar, dissimilar };
  throw new InvalidArgumentError(
    `\`${loss}\` needs the relations among candidates; the batch has candidates of their own and no \`amongCandidates\`. Give them.`,
  );
}
