import { InvalidArgumentError, isOfPart, shown } from "@quaterion/core";
import { type AnyLoss, composedLoss, type LossThatReads, lossFacts, lossValue, type Reads } from "./composed-loss.js";
import { weightedParts } from "./sum-of-parts.js";

/** What the loss of all other batches is called within. */
const others = "*";

/**
 * A loss of its own for each part of combined data: `perPart({ banking: supervisedContrastive({ temperature: 0.05 }) }, supervisedContrastive())`.
 * A batch of one label space, or of one part's given pairs, has the loss of that part (`hwu` is the part of `hwu.intent`, unless that has a loss
 * of its own); mixed batches, and those of other parts, have the loss `otherwise`.
 * All read the same kind of batch. The values are logged under the part's name; what losses learn is kept apart.
 * Use it when sets want another temperature or margin, for their labels are finer, noisier, or more alike.
 *
 * @param losses by the name of a part or label space
 * @throws {InvalidArgumentError} when there is no loss, a name is empty or holds "/" or "*", or two losses read different kinds of batches
 */
export function perPart<What extends Reads>(
  losses: Readonly<Record<string, AnyLoss & { readonly reads: What }>>,
  otherwise: AnyLoss & { readonly reads: What },
): LossThatReads<What> {
  if (typeof losses !== "object" || losses === null || Object.keys(losses).length === 0)
    throw new InvalidArgumentError(`\`perPart\` must be given one or more losses by part; received ${shown(losses)}.`);
  const rest = lossValue(otherwise, "perPart otherwise");
  for (const [name, loss] of Object.entries(losses)) {
    if (name.trim() === "" || /[/*]/.test(name))
      throw new InvalidArgumentError(
        `\`perPart\` takes names of parts, which are not empty and hold no "/" or "*"; received ${shown(name)}.`,
      );
    const { reads } = lossValue(loss, `perPart.${name}`);
    if (reads !== rest.reads)
      throw new InvalidArgumentError(
        `\`perPart.${name}\` must read ${rest.reads}, as the loss otherwise does; received ${loss.name}, which reads ${reads}.`,
      );
  }
  const all: Readonly<Record<string, AnyLoss>> = { ...losses, [others]: rest };
  // The longest first: a space of a part may have a loss of its own.
  const parts = Object.keys(losses).sort((a, b) => b.length - a.length);
  const prefixOf = (name: string) => name.replaceAll(".", ":");
  const composed = composedLoss({
    name: "perPart",
    config: Object.fromEntries(Object.entries(all).map(([name, loss]) => [name, lossFacts(loss as typeof rest)])),
    losses: Object.fromEntries(Object.entries(all).map(([name, loss]) => [prefixOf(name), loss as typeof rest])),
    parts(batch: never, own) {
      const { source } = batch as { readonly source?: string };
      const name = source === undefined ? others : (parts.find((part) => isOfPart(source, part)) ?? others);
      const loss = all[name]! as typeof rest;
      return weightedParts(loss, loss.compute(batch, own(prefixOf(name))), 1, name);
    },
  });
  return { ...composed, ofParts: parts } as unknown as LossThatReads<What>;
}
