import { InvalidArgumentError, suggestion } from "@quaterion/core";

/** Who does the same work beside us: a plain loop in PyTorch, Quaterion in Python, sentence-transformers. */
export type PeerName = "PyTorch" | "Quaterion" | "sentence-transformers";

/** One piece of work that all sides do. */
export interface FitCase {
  readonly name: string;
  readonly title: string;
  /** What is trained: a head on cached vectors, the same with gradient caching, all weights of a transformer, adapters of it, or all weights with gradient caching on pairs. */
  readonly kind: "head" | "cached" | "all" | "lora" | "pairs";
  readonly peers: readonly PeerName[];
  readonly labelsPerBatch: number;
  readonly samplesPerLabel: number;
  /** Samples of each label in the clusters that a head is trained on. */
  readonly labels: number;
  readonly samples: number;
  /** Times through the data, or steps where these are given. */
  readonly epochs?: number;
  readonly steps?: number;
  /** What the milliseconds are of. */
  readonly per: "run" | "step";
  /** It takes minutes a round: run only where it is named. */
  readonly long?: boolean;
}

const clusters = { labels: 100, samples: 10_000 };
const many = { labels: 2048, samples: 20_000 };
const texts = { peers: ["PyTorch"], labels: 0, samples: 0, labelsPerBatch: 24, samplesPerLabel: 3, steps: 10, per: "step" } as const;
const cached = { kind: "cached", peers: ["PyTorch"], ...many, samplesPerLabel: 8, steps: 3, per: "step" } as const;
const cachedTexts = { ...texts, kind: "pairs", peers: ["sentence-transformers"], samplesPerLabel: 2, steps: 1 } as const;
const cachedTitle = (pairs: string) =>
  `gradient caching, all weights of a transformer, multiple negatives ranking, ${pairs} pairs of texts`;

export const fitCases: readonly FitCase[] = [
  {
    ...{
      name: "head",
      kind: "head",
      peers: ["PyTorch", "Quaterion"],
      ...clusters,
      labelsPerBatch: 64,
      samplesPerLabel: 16,
      epochs: 10,
      per: "run",
    },
    title: "a linear head on 10,000 cached embeddings × 384, batch 1,024, batch-hard triplets, 10 epochs",
  },
  { ...cached, name: "cached-2048", title: "gradient caching, head, SupCon, batch 2,048 × 384", labelsPerBatch: 256 },
  { ...cached, name: "cached-16384", title: "gradient caching, head, SupCon, batch 16,384 × 384", labelsPerBatch: 2048 },
  { ...texts, name: "encoder-all", kind: "all", title: "all weights of a transformer, SupCon, 24 labels × 3 texts" },
  { ...texts, name: "encoder-lora", kind: "lora", title: "LoRA of rank 8, SupCon, 24 labels × 3 texts" },
  { ...cachedTexts, name: "encoder-cached", labelsPerBatch: 2048, title: cachedTitle("2,048") },
  { ...cachedTexts, name: "encoder-cached-16384", labelsPerBatch: 16_384, title: cachedTitle("16,384"), long: true },
];

/** Does it need a model's folder? */
export function isEncoderCase({ kind }: FitCase): boolean {
  return kind !== "head" && kind !== "cached";
}

/**
 * The cases that were asked for: by name, or the part of it before the dash (`cached`).
 * @throws {InvalidArgumentError} for a name that no case has
 */
export function chosenCases(only: string | undefined): readonly FitCase[] {
  if (only === undefined) return fitCases.filter(({ long }) => !long);
  const wanted = only.split(",").map((name) => name.trim());
  const fits = ({ name, long }: FitCase, wish: string) => name === wish || (name.startsWith(`${wish}-`) && !long);
  const unknown = wanted.find((wish) => !fitCases.some((one) => fits(one, wish)));
  const names = fitCases.map(({ name }) => name);
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `--only: there is no case "${unknown}"; expected some of ${names.join(", ")}, or "cached" or "encoder" for both of a kind.${suggestion(unknown, names)}`,
    );
  return fitCases.filter((one) => wanted.some((wish) => fits(one, wish)));
}

/**
 * A whole number from 1 that an option gives.
 * @throws {InvalidArgumentError} for anything else
 */
export function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number >= 1))
    throw new InvalidArgumentError(`--${option} must be a whole number from 1; received "${text}".`);
  return number;
}
