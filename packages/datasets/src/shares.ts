import { type BatchShares, type Check, InvalidArgumentError, type Sampling, shown, suggestion } from "@quaterion/core";

/** How batches are shared among parts of combined data. */
export type CombinedShares = BatchShares | { readonly parts: Readonly<Record<string, number>> };

const temperatures = { proportional: 1, squareRoot: 2, equal: Number.POSITIVE_INFINITY } as const;

/** A check that the value is a rule for shares of batches. */
export const sharesCheck: Check<BatchShares> = (value, argument) => {
  const temperature = (value as { temperature?: unknown } | null)?.temperature;
  if (typeof value === "string" && Object.hasOwn(temperatures, value)) return value as BatchShares;
  // Below 1, large sets would get even more than their share.
  if (typeof temperature === "number" && temperature >= 1) return value as BatchShares;
  throw new InvalidArgumentError(
    `\`${argument}\` must be "proportional", "squareRoot", "equal" or { temperature: 1 or more }; received ${temperature === undefined ? shown(value) : `a temperature of ${shown(temperature)}`}.${typeof value === "string" ? suggestion(value, Object.keys(temperatures)) : ""}`,
  );
};

/** A check that the value gives numbers above 0 by name. */
export const numbersCheck: Check<unknown> = (value, argument) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InvalidArgumentError(`\`${argument}\` must be an object of numbers by part, { banking: 2 }; received ${shown(value)}.`);
  for (const [name, number] of Object.entries(value))
    if (typeof number !== "number" || !Number.isFinite(number) || number <= 0)
      throw new InvalidArgumentError(
        `\`${argument}.${name}\` must be a finite number above 0 (leave a part out to be without it); received ${shown(number)}.`,
      );
  return value;
};

/** A check that the value is a rule for shares, or numbers for parts. */
export const combinedSharesCheck: Check<unknown> = (value, argument) =>
  partShares(value) === undefined ? sharesCheck(value, argument) : numbersCheck(partShares(value), `${argument}.parts`);

/** The numbers for parts, where shares are given so. */
export function partShares(shares: unknown): Readonly<Record<string, number>> | undefined {
  return typeof shares === "object" && shares !== null && "parts" in shares ? (shares.parts as Record<string, number>) : undefined;
}

/** A part's number; 1 where it has none. */
export function numberOf(numbers: Readonly<Record<string, number>> | undefined, part: string): number {
  return numbers !== undefined && Object.hasOwn(numbers, part) ? numbers[part]! : 1;
}

/** Checks that numbers by part name no other parts. */
export function checkPartNames(
  numbers: Readonly<Record<string, number>> | undefined,
  parts: readonly (readonly [string, unknown])[],
): void {
  const names = parts.map(([name]) => name);
  const wrong = Object.keys(numbers ?? {}).find((name) => !names.includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`\`combine\` has no part ${shown(wrong)}.${suggestion(wrong, names)}`);
}

/** What a source of so many rows weighs: rows^(1/temperature). */
export function shareOf(rows: number, shares: BatchShares = "squareRoot"): number {
  const temperature = typeof shares === "string" ? temperatures[shares] : shares.temperature;
  return rows ** (1 / temperature);
}

/**
 * Weights of sources (a name and a weight each) such that each part's together are its share; as they are where parts have none.
 * A part's share goes to those of its sources that are among these.
 */
export function sharesByPart(sources: readonly (readonly [string, number])[], parts: Sampling["parts"]): number[] {
  if (parts === undefined) return sources.map(([, weight]) => weight);
  const partOf = new Map(Object.entries(parts).flatMap(([part, { of }]) => of.map((name) => [name, part] as const)));
  const totals = new Map<string, number>();
  for (const [name, weight] of sources) {
    const part = partOf.get(name);
    if (part !== undefined) totals.set(part, (totals.get(part) ?? 0) + weight);
  }
  return sources.map(([name, weight]) => {
    const part = partOf.get(name);
    const total = part === undefined ? 0 : totals.get(part)!;
    return total > 0 ? (weight / total) * parts[part!]!.share : 0;
  });
}
