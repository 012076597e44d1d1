import type { TransformerConfig } from "./transformer-config.js";

/** Where a layer's parts are in a model's file: names without `.weight` and `.bias`. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

/** Names outside of layers: the same in all kinds. */
export const embeddingNames = {
  words: "embeddings.word_embeddings.weight",
  positions: "embeddings.position_embeddings.weight",
  types: "embeddings.token_type_embeddings.weight",
  norm: "embeddings.LayerNorm",
  /** MPNet's table `[buckets, heads]`. */
  distances: "encoder.relative_attention_bias.weight",
} as const;

/** Names of layer `i` from 0, as Python's transformers has them. */
export function layerNames({ kind }: Pick<TransformerConfig, "kind">, i: number): LayerNames {
  if (kind === "distilbert") {
    const layer = `transformer.layer.${i}`;
    return {
      query: `${layer}.attention.q_lin`,
      key: `${layer}.attention.k_lin`,
      value: `${layer}.attention.v_lin`,
      attentionOutput: `${layer}.attention.out_lin`,
      attentionNorm: `${layer}.sa_layer_norm`,
      intermediate: `${layer}.ffn.lin1`,
      output: `${layer}.ffn.lin2`,
      outputNorm: `${layer}.output_layer_norm`,
    };
  }
  const layer = `encoder.layer.${i}`;
  const rest = { intermediate: `${layer}.intermediate.dense`, output: `${layer}.output.dense`, outputNorm: `${layer}.output.LayerNorm` };
  if (kind === "mpnet") {
    const attention = `${layer}.attention.attn`;
    return {
      query: `${attention}.q`,
      key: `${attention}.k`,
      value: `${attention}.v`,
      attentionOutput: `${attention}.o`,
      attentionNorm: `${layer}.attention.LayerNorm`,
      ...rest,
    };
  }
  const attention = `${layer}.attention`;
  return {
    query: `${attention}.self.query`,
    key: `${attention}.self.key`,
    value: `${attention}.self.value`,
    attentionOutput: `${attention}.output.dense`,
    attentionNorm: `${attention}.output.LayerNorm`,
    ...rest,
  };
}

/** Names and shapes of all weights that the token states depend on, from the lowest up; linear weights are `[out, in]`. */
export function weightShapes(config: TransformerConfig): Map<string, readonly number[]> {
  const { dim, hidden, vocabulary, positions, types, buckets, heads, layers } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => shapes.set(`${name}.weight`, [dim]).set(`${name}.bias`, [dim]);
  const linear = (name: string, out: number, inputs: number) => shapes.set(`${name}.weight`, [out, inputs]).set(`${name}.bias`, [out]);
  shapes.set(embeddingNames.words, [vocabulary, dim]).set(embeddingNames.positions, [positions, dim]);
  if (types > 0) shapes.set(embeddingNames.types, [types, dim]);
  norm(embeddingNames.norm);
  if (buckets > 0) shapes.set(embeddingNames.distances, [buckets, heads]);
  for (let i = 0; i < layers; i++) {
    const names = layerNames(config, i);
    for (const part of ["query", "key", "value", "attentionOutput"] as const) linear(names[part], dim, dim);
    norm(names.attentionNorm);
    linear(names.intermediate, hidden, dim);
    linear(names.output, dim, hidden);
    norm(names.outputNorm);
  }
  return shapes;
}

/** The layer that a weight belongs to, from 0; −1 for embeddings and what all layers share. */
export function layerOf(name: string): number {
  const found = /^(?:encoder|transformer)\.layer\.(\d+)\./.exec(name);
  return found ? Number(found[1]) : -1;
}
