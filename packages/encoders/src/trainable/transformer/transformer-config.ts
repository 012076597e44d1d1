import { IncompatibleError, shown, suggestion } from "@quaterion/core";

/** Kinds of transformer, as `model_type` names them. They share one shape: layers of attention and a feed-forward part, each with a norm after it. */
export const transformerKinds = ["bert", "roberta", "xlm-roberta", "camembert", "mpnet", "distilbert"] as const;

export type TransformerKind = (typeof transformerKinds)[number];

/** Functions between the two products of a feed-forward part. */
export const hiddenActivations = ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"] as const;

export type HiddenActivation = (typeof hiddenActivations)[number];

/** What decides a transformer's computation, beside its weights. */
export interface TransformerConfig {
  readonly kind: TransformerKind;
  readonly layers: number;
  readonly heads: number;
  readonly dim: number;
  /** Width within the feed-forward part. */
  readonly hidden: number;
  readonly vocabulary: number;
  /** Rows of the table of positions. */
  readonly positions: number;
  /** The position of a text's first token: RoBERTa and its kin count from the padding token's number on. */
  readonly firstPosition: number;
  /** Token types; 0 where the kind has none. */
  readonly types: number;
  /** Number of the padding token. */
  readonly padding: number;
  /** Buckets of distances between tokens that add to the attention; 0 where the kind has none. */
  readonly buckets: number;
  readonly activation: HiddenActivation;
  readonly normEpsilon: number;
  readonly dropout: number;
  readonly attentionDropout: number;
}

/** More than any model has: a size above it is an attack or a mistake. */
const largest = 2 ** 24;

/** The same for layers: each is 16 weights to look for. */
const mostLayers = 1024;

/**
 * Reads `config.json` of a model on the hub.
 * @param source where it was read from, for messages
 * @throws {IncompatibleError} when the model is of a kind that can't be trained here (says which can), or a field is missing or out of range
 */
export function readTransformerConfig(json: Readonly<Record<string, unknown>>, source: string): TransformerConfig {
  const kind = json["model_type"];
  if (!(transformerKinds as readonly unknown[]).includes(kind)) {
    throw new IncompatibleError(
      `${source} is of kind ${shown(kind)}, which can't be trained here. Supported kinds are ${transformerKinds.join(", ")}.${typeof kind === "string" ? suggestion(kind, transformerKinds) : ""} Use it frozen (\`textEncoder\`), or take a model of one of these kinds.`,
    );
  }
  const distil = kind === "distilbert";
  const size = (name: string, most = largest): number => {
    const value = json[name];
    if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw invalid(source, name, `a whole number from 1 to ${most}`, value);
  };
  const share = (name: string): number => {
    const value = json[name] ?? 0;
    if (typeof value === "number" && value >= 0 && value < 1) return value;
    throw invalid(source, name, "a number from 0 to below 1", value);
  };
  const dim = size(distil ? "dim" : "hidden_size");
  const heads = size(distil ? "n_heads" : "num_attention_heads");
  if (dim % heads !== 0) throw invalid(source, distil ? "n_heads" : "num_attention_heads", `a divisor of the width ${dim}`, heads);
  const vocabulary = size("vocab_size");
  const padding = json["pad_token_id"] ?? 0;
  if (typeof padding !== "number" || !Number.isInteger(padding) || padding < 0 || padding >= vocabulary) {
    throw invalid(source, "pad_token_id", `a token's number, below \`vocab_size\` (${vocabulary})`, padding);
  }
  const activation = json[distil ? "activation" : "hidden_act"] ?? "gelu";
  if (!(hiddenActivations as readonly unknown[]).includes(activation)) {
    throw invalid(source, distil ? "activation" : "hidden_act", `one of ${hiddenActivations.join(", ")}`, activation);
  }
  const positionKind = json["position_embedding_type"] ?? "absolute";
  if (positionKind !== "absolute") throw invalid(source, "position_embedding_type", '"absolute"', positionKind);
  if (json["is_decoder"] === true) throw invalid(source, "is_decoder", "false: tokens must see those after them", true);
  const epsilon = json["layer_norm_eps"] ?? 1e-12;
  // Float32, for what it is added to is.
  if (typeof epsilon !== "number" || !(Math.fround(epsilon) > 0 && epsilon < 1)) {
    throw invalid(source, "layer_norm_eps", "a number above 0 (also as float32) and below 1", epsilon);
  }
  const robertaLike = kind === "roberta" || kind === "xlm-roberta" || kind === "camembert";
  return {
    kind: kind as TransformerKind,
    layers: size(distil ? "n_layers" : "num_hidden_layers", mostLayers),
    heads,
    dim,
    hidden: size(distil ? "hidden_dim" : "intermediate_size"),
    vocabulary,
    positions: size("max_position_embeddings"),
    firstPosition: robertaLike || kind === "mpnet" ? padding + 1 : 0,
    types: kind === "bert" || robertaLike ? size("type_vocab_size") : 0,
    padding,
    buckets: kind === "mpnet" ? (json["relative_attention_num_buckets"] === undefined ? 32 : size("relative_attention_num_buckets")) : 0,
    activation: activation as HiddenActivation,
    normEpsilon: distil ? 1e-12 : epsilon,
    dropout: share(distil ? "dropout" : "hidden_dropout_prob"),
    attentionDropout: share(distil ? "attention_dropout" : "attention_probs_dropout_prob"),
  };
}

function invalid(source: string, field: string, expected: string, received: unknown): IncompatibleError {
  return new IncompatibleError(`${source}: \`${field}\` must be ${expected}; received ${shown(received)}. Get the model again.`);
}
