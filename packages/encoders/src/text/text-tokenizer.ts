import { Tokenizer } from "@huggingface/tokenizers";
import { IncompatibleError, shown } from "@quaterion/core";
import { readJson } from "../model-files/read-json.js";

/** Token numbers of a text, special tokens included. */
export interface Tokens {
  readonly ids: readonly number[];
  readonly types: readonly number[] | undefined;
  /** The text was longer than the model reads. */
  readonly cut: boolean;
}

/** Texts to token numbers, as the model was trained. */
export interface TextTokenizer {
  /** Number of the padding token. */
  readonly padding: number;
  tokens(text: string): Tokens;
}

/**
 * Reads a tokenizer.json (and its tokenizer_config.json). Longer texts are cut at `maxLength` tokens, special tokens included, which keep
 * their places at the start and the end.
 * @throws {IncompatibleError} when the file is not a tokenizer, or of a kind that is not known
 */
export async function openTokenizer(file: string, configFile: string | undefined, maxLength: number): Promise<TextTokenizer> {
  const json = await readJson(file);
  const config = configFile === undefined ? {} : await readJson(configFile);
  let tokenizer: Tokenizer;
  let before: number;
  let after: number;
  try {
    tokenizer = new Tokenizer(
      { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...json },
      config,
    );
    // Special tokens before and after a text: what is added around a probe.
    const full = tokenizer.encode("a").tokens;
    const bare = tokenizer.encode("a", { add_special_tokens: false }).tokens;
    before = full.findIndex((_, i) => bare.every((token, j) => full[i + j] === token));
    after = full.length - before - bare.length;
  } catch (cause) {
    throw new IncompatibleError(`${file} can't be read as a tokenizer: ${(cause as Error).message}`, { cause });
  }
  if (before < 0) throw new IncompatibleError(`${file} changes the tokens of a text where it adds special tokens. Get the model again.`);
  if (before + after >= maxLength) {
    throw new IncompatibleError(
      `${file} adds ${before + after} special tokens, which leaves no room for a text within ${maxLength} tokens. Give a greater \`maxLength\`.`,
    );
  }
  const padToken = config["pad_token"];
  const padName = typeof padToken === "object" && padToken !== null ? (padToken as { content?: unknown }).content : padToken;
  const fromFile = (json["padding"] as { pad_id?: number } | null | undefined)?.pad_id;
  const padding = fromFile ?? (typeof padName === "string" ? tokenizer.token_to_id(padName) : undefined) ?? 0;
  if (!isTokenNumber(padding)) {
    const place = fromFile === undefined ? "`pad_token`" : "`padding.pad_id`";
    throw new IncompatibleError(
      `${file}: the number of the padding token (${place}) must be a whole number of 0 or more; received ${shown(padding)}.`,
    );
  }
  const encode = (text: string) => {
    try {
      return tokenizer.encode(text, { return_token_type_ids: true });
    } catch (cause) {
      throw new IncompatibleError(`${file} can't be used on ${shown(text)}: ${(cause as Error).message}`, { cause });
    }
  };
  return {
    padding,
    tokens(text) {
      const { ids, token_type_ids: types } = encode(text);
      for (const number of types ? [...ids, ...types] : ids) {
        if (isTokenNumber(number)) continue;
        throw new IncompatibleError(
          `${file} gives ${shown(text)} a token of number or type ${shown(number)}, which must be a whole number of 0 or more.`,
        );
      }
      if (ids.length <= maxLength) return { ids, types, cut: false };
      const shorten = (all: readonly number[]) => [...all.slice(0, maxLength - after), ...all.slice(all.length - after)];
      return { ids: shorten(ids), types: types && shorten(types), cut: true };
    },
  };
}

const isTokenNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
