import { InvalidArgumentError, positiveFiniteNumber, shown } from "@quaterion/core";
import { type AnyLoss, composedLoss, type LossThatReads, lossFacts, lossValue, type Reads } from "./composed-loss.js";
import { weightedParts } from "./sum-of-parts.js";

/** A loss, or its weight (1) and the loss. */
export type WeightedLoss<What extends Reads> =
  | (AnyLoss & { readonly reads: What })
  | readonly [weight: number, loss: AnyLoss & { readonly reads: What }];

/**
 * Several losses at once, each with a weight: `weightedSum({ classes: softmax(), compact: [0.01, center()] })`.
 * Σ weight · loss, each loss reduced by its own reducer.
 * All read the same kind of batch. Their values, times their weights, are logged apart under their names; what they learn is kept as
 * `name.parameter`. It takes a memory, and blocks of anchors, where every one of them does.
 * Use it when one loss alone leaves something out.
 *
 * @throws {InvalidArgumentError} when there is no loss, a name is empty or holds "." or "/", a weight is not a finite number above 0, or two losses
 * read different kinds of batches
 */
export function weightedSum<What extends Reads>(losses: Readonly<Record<string, WeightedLoss<What>>>): LossThatReads<What> {
  if (typeof losses !== "object" || losses === null || Object.keys(losses).length === 0)
    throw new InvalidArgumentError(`\`weightedSum\` must be given one or more losses by name; received ${shown(losses)}.`);
  const parts = Object.entries(losses).map(([name, part]) => {
    if (name.trim() === "" || /[./]/.test(name))
      throw new InvalidArgumentError(`\`weightedSum\` takes names that are not empty and hold no "." or "/"; received ${shown(name)}.`);
    const [weight, loss] = Array.isArray(part) ? (part as readonly [unknown, unknown]) : ([1, part] as const);
    return {
      name,
      weight: positiveFiniteNumber(weight, `weightedSum.${name} weight`),
      loss: lossValue(loss, `weightedSum.${name}`),
    };
  });
  const { reads } = parts[0]!.loss;
  for (const { name, loss } of parts) {
    if (loss.reads !== reads) {
      throw new InvalidArgumentError(
        `\`weightedSum.${name}\` must read ${reads}, as \`${parts[0]!.name}\` does; received ${loss.name}, which reads ${loss.reads}.`,
      );
    }
  }
  return composedLoss({
    name: "weightedSum",
    config: Object.fromEntries(parts.map(({ name, weight, loss }) => [name, { weight, loss: lossFacts(loss) }])),
    losses: Object.fromEntries(parts.map(({ name, loss }) => [name, loss])),
    parts: (batch, own) =>
      Object.assign({}, ...parts.map(({ name, weight, loss }) => weightedParts(loss, loss.compute(batch, own(name)), weight, name))),
  }) as LossThatReads<What>;
}
