/** One array of a case: its shape, and how large its numbers are (standard deviation; 0: all zero, 1 for scales). */
export interface ArraySpec {
  readonly shape: readonly number[];
  readonly deviation: number;
  /** Added to every number. */
  readonly mean?: number;
}

/** One matrix product of a step, `batch` times `[m, k] · [k, n]`. */
export interface Product {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** One piece of work that every engine does on the same numbers. */
export interface Case {
  readonly name: string;
  readonly title: string;
  readonly program: "head" | "supCon" | "transformer";
  /** Fed anew at each step. */
  readonly inputs: Readonly<Record<string, ArraySpec>>;
  /** Trained. */
  readonly weights: Readonly<Record<string, ArraySpec>>;
  /** Weights that stay as they are. */
  readonly frozen: Readonly<Record<string, ArraySpec>>;
  readonly optimizer: "adam" | "adamW" | "none";
  readonly products: readonly Product[];
}

const normal = (...shape: number[]): ArraySpec => ({ shape, deviation: 1 });
const matrix = (rows: number, columns: number): ArraySpec => ({ shape: [rows, columns], deviation: 1 / Math.sqrt(rows) });
const zeros = (...shape: number[]): ArraySpec => ({ shape, deviation: 0 });
const ones = (...shape: number[]): ArraySpec => ({ shape, deviation: 0, mean: 1 });

const product = (m: number, k: number, n: number, transposeA = false, transposeB = false, batch = 1): Product => ({
  batch,
  m,
  k,
  n,
  transposeA,
  transposeB,
});

/** Products of a layer x · W: forward, gradient of the weights, and of the input where somebody asks for it. */
const layer = (rows: number, from: number, to: number, inputGradient = true): Product[] => [
  product(rows, from, to),
  product(from, rows, to, true, false),
  ...(inputGradient ? [product(rows, to, from, false, true)] : []),
];

const outputDim = 128;
const headWeights = (inputDim: number) => ({
  value: matrix(inputDim, inputDim),
  valueBias: zeros(inputDim),
  gate: matrix(inputDim, inputDim),
  gateBias: zeros(inputDim),
  out: matrix(inputDim, outputDim),
  outBias: zeros(outputDim),
});

/** A gated head over `rows` rows, the first half against the second or all against all. */
function headCase(name: string, title: string, program: "head" | "supCon", rows: number, inputDim: number): Case {
  const side = program === "head" ? rows / 2 : rows;
  return {
    name,
    title,
    program,
    inputs: { rows: normal(rows, inputDim) },
    weights: headWeights(inputDim),
    frozen: {},
    optimizer: "adam",
    products: [
      ...layer(rows, inputDim, inputDim, false),
      ...layer(rows, inputDim, inputDim, false),
      ...layer(rows, inputDim, outputDim),
      product(side, outputDim, side, false, true),
      product(side, side, outputDim),
      product(side, side, outputDim, true, false),
    ],
  };
}

/** Layers, width, heads, width inside the feed-forward part; sentences and tokens of each. */
const size = { layers: 6, width: 384, heads: 12, inner: 1536, sentences: 32, tokens: 32 };
export type TransformerSize = typeof size;
export const transformerSize = size;
export const loraRank = 8;

function transformerWeights(): Record<string, ArraySpec> {
  const weights: Record<string, ArraySpec> = {};
  const { width, inner } = size;
  for (let l = 0; l < size.layers; l++) {
    for (const name of ["query", "key", "value", "attended"]) {
      weights[`${l}.${name}`] = matrix(width, width);
      weights[`${l}.${name}Bias`] = zeros(width);
    }
    weights[`${l}.up`] = matrix(width, inner);
    weights[`${l}.upBias`] = zeros(inner);
    weights[`${l}.down`] = matrix(inner, width);
    weights[`${l}.downBias`] = zeros(width);
    for (const name of ["norm1", "norm2"]) {
      weights[`${l}.${name}`] = ones(width);
      weights[`${l}.${name}Bias`] = zeros(width);
    }
  }
  return weights;
}

function loraWeights(): Record<string, ArraySpec> {
  const weights: Record<string, ArraySpec> = {};
  for (let l = 0; l < size.layers; l++) {
    for (const name of ["query", "value"]) {
      weights[`${l}.${name}A`] = { shape: [size.width, loraRank], deviation: 0.05 };
      weights[`${l}.${name}B`] = { shape: [loraRank, size.width], deviation: 0.05 };
    }
  }
  return weights;
}

function transformerProducts(trained: "all" | "lora" | "none"): Product[] {
  const { layers, width, heads, inner, sentences, tokens } = size;
  const rows = sentences * tokens;
  const attention = sentences * heads;
  const each = width / heads;
  const products: Product[] = [];
  for (let l = 0; l < layers; l++) {
    const below = l > 0 || trained !== "all";
    for (const [from, to, count] of [
      [width, width, 4],
      [width, inner, 1],
      [inner, width, 1],
    ] as const) {
      for (let i = 0; i < count; i++) {
        products.push(product(rows, from, to));
        if (trained === "all") products.push(product(from, rows, to, true, false));
        // The first layer's input asks for no gradient: query, key and value have none to give, unless a LoRA factor lies before them.
        const isFirst = l === 0 && from === width && to === width && i < 3;
        if (trained !== "none" && !isFirst && (below || l === 0)) products.push(product(rows, to, from, false, true));
      }
    }
    products.push(product(tokens, each, tokens, false, true, attention), product(tokens, tokens, each, false, false, attention));
    if (trained !== "none") {
      products.push(
        product(tokens, each, tokens, false, true, attention),
        product(tokens, tokens, each, true, false, attention),
        product(tokens, tokens, each, false, false, attention),
        product(tokens, tokens, each, true, false, attention),
      );
    }
    if (trained === "lora") {
      for (let i = 0; i < 2; i++) {
        products.push(...layer(rows, width, loraRank, l > 0), ...layer(rows, loraRank, width));
      }
    }
  }
  return products;
}

const transformerInput = { tokens: normal(size.sentences, size.tokens, size.width) };

/** What is timed: the letters are the issue's. */
export const cases: readonly Case[] = [
  headCase("a", "gated head 384→384→128, 512 anchors × 512 positives, in-batch softmax, Adam", "head", 1024, 384),
  headCase("b", "the same head, SupCon on 2,048 rows of 256 labels, Adam", "supCon", 2048, 384),
  {
    name: "c",
    title: "6-layer transformer of MiniLM size, 32 × 32 tokens, all weights, AdamW",
    program: "transformer",
    inputs: transformerInput,
    weights: transformerWeights(),
    frozen: {},
    optimizer: "adamW",
    products: transformerProducts("all"),
  },
  {
    name: "d",
    title: "the same with LoRA rank 8 on query and value, AdamW",
    program: "transformer",
    inputs: transformerInput,
    weights: loraWeights(),
    frozen: transformerWeights(),
    optimizer: "adamW",
    products: transformerProducts("lora"),
  },
  {
    name: "e",
    title: "the same transformer, forward only",
    program: "transformer",
    inputs: transformerInput,
    weights: {},
    frozen: transformerWeights(),
    optimizer: "none",
    products: transformerProducts("none"),
  },
];

/** The case of a name: a letter, or `head-<rows>-<dim>` for case a at another size. */
export function caseNamed(name: string): Case | undefined {
  const [, rows, dim] = /^head-(\d+)-(\d+)$/.exec(name) ?? [];
  if (rows !== undefined) return headCase(name, `gated head ${dim}→${dim}→128, ${rows} rows`, "head", Number(rows), Number(dim));
  return cases.find((one) => one.name === name);
}
