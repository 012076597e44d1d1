import { IncompatibleError, NotFoundError, shown, suggestion } from "@quaterion/core";
import type { Find } from "../model-files/model-source.js";
import { readJson } from "../model-files/read-json.js";
import { type PoolingMode, poolingModes } from "./pooling.js";

/** What is put before a text, by what the text is; `default` where no role was asked for. */
export interface Prompts {
  readonly query?: string;
  readonly document?: string;
  readonly default?: string;
}

/** Everything beside model and tokenizer that decides about the vectors. */
export interface TextModelSettings {
  readonly pooling: readonly PoolingMode[];
  readonly normalize: boolean;
  /** Tokens that the model reads of a text, special tokens included. */
  readonly maxLength: number;
  readonly lowercase: boolean;
  readonly prompts: Prompts;
  /** Whether the tokens of a prompt are pooled too. */
  readonly poolPrompt: boolean;
}

/** Files beside model and tokenizer that settings are read from. */
export const settingsFiles = [
  "modules.json",
  "config.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
  "tokenizer_config.json",
] as const;

/**
 * Reads how a model was trained to be used: pooling, normalisation, length and prompts from the files of sentence-transformers where they
 * are there; mean pooling and vectors of length 1 where they are not.
 * @param find the place of a file of the model, undefined when it has none of that name
 * @throws {IncompatibleError} when the model has a step that is not known here, or points out of its folder
 * @throws {NotFoundError} when it has a pooling step whose settings are not there
 */
export async function readTextModelSettings(find: Find, model: string): Promise<TextModelSettings> {
  const json = async (path: string) => {
    const file = await find(path);
    return file === undefined ? undefined : readJson(file);
  };
  const [modules, config, length, sentence, tokenizer] = await Promise.all([
    json("modules.json"),
    json("config.json"),
    json("sentence_bert_config.json"),
    json("config_sentence_transformers.json"),
    json("tokenizer_config.json"),
  ]);
  const steps = modules === undefined ? undefined : readSteps(modules, model);
  const poolingStep = steps?.find((step) => step.kind === "Pooling");
  const poolingFile = `${poolingStep?.path ?? "1_Pooling"}/config.json`;
  const pooling = await json(poolingFile);
  // Not the mean in silence: the vectors would be others than the model was trained for.
  if (poolingStep && pooling === undefined) {
    throw new NotFoundError(
      `${model} pools as its ${poolingFile} says, by its modules.json, and that file is not there. Fetch the model whole, or give \`pooling\`.`,
    );
  }
  return {
    pooling: pooling === undefined ? ["mean"] : readPooling(pooling, poolingFile, model),
    normalize: steps === undefined || steps.some((step) => step.kind === "Normalize"),
    maxLength: readLength(length, config, tokenizer),
    lowercase: length?.["do_lower_case"] === true,
    prompts: readPrompts(sentence),
    poolPrompt: pooling?.["include_prompt"] !== false,
  };
}

function readSteps(modules: unknown, model: string): { kind: string; path: string }[] {
  if (!Array.isArray(modules)) throw new IncompatibleError(`modules.json of ${model} must hold a list; received ${shown(modules)}.`);
  return modules.map((entry: { type?: unknown; path?: unknown } | null, i) => {
    const { type, path = "" } = entry ?? {};
    if (typeof type !== "string" || typeof path !== "string") {
      throw new IncompatibleError(
        `modules.json of ${model}: step ${i} must have a text as \`type\` and as \`path\`; received ${shown(type)} and ${shown(path)}.`,
      );
    }
    const kind = type.split(".").at(-1)!;
    // Its config.json would be the model's own.
    if (kind === "Pooling" && path === "") throw new IncompatibleError(`modules.json of ${model}: step ${i} (Pooling) needs a \`path\`.`);
    if (kind !== "Transformer" && kind !== "Pooling" && kind !== "Normalize") {
      throw new IncompatibleError(
        `${model} has a step ${shown(kind)} after its transformer, by its modules.json; known are Transformer, Pooling and Normalize. Take a model without it, or export the whole model to ONNX and use its vectors.`,
      );
    }
    if (/^([/\\]|[a-zA-Z]:)/.test(path) || path.split(/[/\\]/).includes("..")) {
      throw new IncompatibleError(`modules.json of ${model} points out of the model's folder: ${shown(path)}.`);
    }
    return { kind, path };
  });
}

/** Names of the modes in Pooling configurations, with and without the prefix `pooling_mode_`. */
const poolingNames: Readonly<Record<string, PoolingMode>> = {
  cls_token: "cls",
  cls: "cls",
  max_tokens: "max",
  max: "max",
  mean_tokens: "mean",
  mean: "mean",
  mean_sqrt_len_tokens: "meanSqrtLength",
  mean_sqrt_len: "meanSqrtLength",
  weightedmean_tokens: "weightedMean",
  weightedmean: "weightedMean",
  lasttoken: "lastToken",
};

function readPooling(config: Readonly<Record<string, unknown>>, file: string, model: string): PoolingMode[] {
  const named = config["pooling_mode"];
  const asked =
    named === undefined
      ? Object.entries(config).flatMap(([key, value]) => (key.startsWith("pooling_mode_") && value === true ? [key.slice(13)] : []))
      : Array.isArray(named)
        ? named
        : [named].flatMap((each) => (typeof each === "string" ? each.split("+") : [each]));
  const modes = asked.map((name: unknown) => {
    if (typeof name === "string" && Object.hasOwn(poolingNames, name)) return poolingNames[name]!;
    const near = typeof name === "string" ? suggestion(name, Object.keys(poolingNames)) : "";
    throw new IncompatibleError(`${model} pools by ${shown(name)}, as its ${file} says, which is not known here.${near}`);
  });
  if (modes.length === 0) throw new IncompatibleError(`${file} of ${model} names no mode of pooling. Give \`pooling\`.`);
  return poolingModes.filter((mode) => modes.includes(mode));
}

function readLength(...[length, config, tokenizer]: (Readonly<Record<string, unknown>> | undefined)[]): number {
  const number = (value: unknown) => (typeof value === "number" && value >= 1 && value < 1e6 ? Math.floor(value) : undefined);
  const given = number(length?.["max_seq_length"]);
  if (given !== undefined) return given;
  const positions = number(config?.["max_position_embeddings"]);
  return Math.min(
    positions === undefined ? 512 : positions - firstPosition(config),
    number(tokenizer?.["model_max_length"]) ?? Number.POSITIVE_INFINITY,
  );
}

/** RoBERTa and its kin count positions from the padding token's number on. */
function firstPosition(config: Readonly<Record<string, unknown>> | undefined): number {
  return /roberta|camembert|mpnet/.test(String(config?.["model_type"])) ? 2 : 0;
}

/** Tokens that the model's table of positions has, by its config.json; undefined for kinds that have no such table, or that are not known to. */
export function tableOfPositions(config: Readonly<Record<string, unknown>>): number | undefined {
  const { model_type: kind, position_embedding_type: type = "absolute", max_position_embeddings: positions } = config;
  if (type !== "absolute" || typeof positions !== "number") return undefined;
  return /^(bert|(xlm-)?roberta|camembert|mpnet|distilbert|electra|albert)$/.test(String(kind))
    ? positions - firstPosition(config)
    : undefined;
}

function readPrompts(config: Readonly<Record<string, unknown>> | undefined): Prompts {
  const prompts = (config?.["prompts"] ?? {}) as Readonly<Record<string, string>>;
  const named = config?.["default_prompt_name"];
  const fallback = typeof named === "string" ? prompts[named] : undefined;
  const entries = {
    query: prompts["query"],
    document: prompts["document"] ?? prompts["passage"] ?? prompts["corpus"],
    default: fallback,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, prompt]) => typeof prompt === "string" && prompt !== ""));
}
