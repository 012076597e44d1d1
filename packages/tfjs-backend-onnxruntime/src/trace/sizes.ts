/** A size that depends on symbolic dimensions: `factor · Π symbols + offset`. */
export interface SizeFormula {
  readonly factor: number;
  readonly symbols: readonly string[];
  readonly offset: number;
}

/** Values of each symbolic dimension in each of the traces. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/** Primes, so that a product tells its factors. Three traces: two to find a formula, one to check it. */
const primes = [
  [19, 23, 29, 31, 37, 41],
  [43, 47, 53, 59, 61, 67],
  [71, 73, 79, 83, 89, 97],
] as const;

/** How often a function is traced. */
export const traces = primes.length;
/** Most symbolic dimensions of one model. */
export const mostSymbols = primes[0].length;

/** Sizes to trace with. */
export function samplesOf(symbols: readonly string[]): Samples {
  return new Map(symbols.map((symbol, at) => [symbol, primes.map((row) => row[at]!)]));
}

/** The formula that gives the sizes seen, simplest first: a constant, a multiple of one symbol, of two, of one plus a constant. */
export function formulaOf(sizes: readonly number[], samples: Samples): SizeFormula | undefined {
  if (sizes.every((size) => size === sizes[0])) return { factor: sizes[0]!, symbols: [], offset: 0 };
  const names = [...samples.keys()];
  const products = [...names.map((name) => [name]), ...names.flatMap((a, at) => names.slice(at).map((b) => [a, b]))];
  for (const symbols of products) {
    const factor = sizes[0]! / productOf(symbols, samples, 0);
    if (Number.isInteger(factor) && sizes.every((size, trace) => size === factor * productOf(symbols, samples, trace)))
      return { factor, symbols, offset: 0 };
  }
  for (const name of names) {
    const [first, second] = [productOf([name], samples, 0), productOf([name], samples, 1)];
    const factor = (sizes[1]! - sizes[0]!) / (second - first);
    const offset = sizes[0]! - factor * first;
    if (Number.isInteger(factor) && sizes.every((size, trace) => size === factor * productOf([name], samples, trace) + offset))
      return { factor, symbols: [name], offset };
  }
  return undefined;
}

/** The formula as the name of a dimension: `batch`, `2*batch`, `batch*length`, `batch+1`. */
export function nameOfFormula({ factor, symbols, offset }: SizeFormula): string {
  const product = [...(factor === 1 ? [] : [String(factor)]), ...symbols].join("*");
  return offset === 0 ? product : `${product}${offset > 0 ? "+" : ""}${offset}`;
}

function productOf(symbols: readonly string[], samples: Samples, trace: number): number {
  return symbols.reduce((product, symbol) => product * samples.get(symbol)![trace]!, 1);
}
