import { AbortedError, type CacheEntry, type EmbeddingCache } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import type { ReadyMeans, WeightValues } from "@quaterion/core/training";
import { openOnnxModel } from "../../onnx-session.js";
import { lengthGroups } from "../../text/length-groups.js";
import { runTexts } from "../../text/onnx-text-encoder.js";
import { textKey } from "../../text/text-key.js";
import type { Tokens } from "../../text/text-tokenizer.js";
import { exportLowerLayers } from "./exported-text-model.js";
import type { TransformerConfig } from "./transformer-config.js";

/** The lower layers of a model that is trained above them. */
export interface LowerLayers {
  readonly name: string;
  /** Of model, tokenizer and settings. */
  readonly fingerprint: string;
  readonly config: TransformerConfig;
  readonly base: WeightValues;
  /** Number of the padding token. */
  readonly padding: number;
  readonly layers: number;
}

/** Token states by text, `[tokens, dim]` each, and where they came from. */
export interface LowerStates {
  readonly of: ReadonlyMap<string, Float32Array>;
  readonly counts: { readonly hits: number; readonly misses: number };
}

/** States of more bytes than this are computed in each step, not kept. */
const mostBytes = 2 ** 31;
/** Texts computed, then stored, at a time. */
const block = 512;

/**
 * The token states of texts after the lower layers, each computed once: from the cache, or by ONNX Runtime. What is computed is read back from the
 * cache, so that a cold run and a warm one train on the same numbers.
 * @returns undefined where the states are more than memory should hold
 */
export async function lowerStates(
  lower: LowerLayers,
  texts: ReadonlyMap<string, Tokens>,
  { trace, cache, signal, onProgress }: ReadyMeans,
): Promise<LowerStates | undefined> {
  const { config, layers, name } = lower;
  const tokens = [...texts.values()].reduce((sum, { ids }) => sum + ids.length, 0);
  if (tokens * config.dim * 4 > mostBytes) return undefined;
  const space = sha256("lower-layers/1", lower.fingerprint, String(layers));
  const states = new Map<string, Float32Array>();
  const fits = (text: string, entry: CacheEntry | undefined) =>
    entry !== undefined && `${entry.shape}` === `${[texts.get(text)!.ids.length, config.dim]}`;
  const read = async (wanted: readonly string[], from: EmbeddingCache) => {
    const found = await from.getMany(space, wanted.map(textKey));
    for (const [i, text] of wanted.entries()) if (fits(text, found[i])) states.set(text, found[i]!.data);
  };
  const all = [...texts.keys()];
  if (cache) await read(all, cache);
  const missing = all.filter((text) => !states.has(text));
  const counts = { hits: all.length - missing.length, misses: missing.length };
  if (missing.length === 0) return { of: states, counts };

  const model = await exportLowerLayers(config, layers, lower.base, trace);
  const runtime = await openOnnxModel(model, `The lower layers of "${name}"`);
  try {
    for (let start = 0; start < missing.length; start += block) {
      const part = missing.slice(start, start + block);
      for (const rows of lengthGroups(
        part.map((text) => texts.get(text)!.ids.length),
        64,
      )) {
        if (signal?.aborted) throw new AbortedError(`Computing the lower layers was stopped after ${start} of ${missing.length} texts.`);
        const own = rows.map((row) => texts.get(part[row]!)!);
        const { states: made, length } = await runTexts(runtime, "last_hidden_state", own, lower.padding, name);
        const stride = length! * config.dim;
        for (const [i, row] of rows.entries()) states.set(part[row]!, made.slice(i * stride, i * stride + own[i]!.ids.length * config.dim));
      }
      if (cache) {
        const shape = (text: string) => [texts.get(text)!.ids.length, config.dim];
        await cache.putMany(
          space,
          part.map((text) => [textKey(text), { shape: shape(text), data: states.get(text)! }] as const),
        );
        await read(part, cache);
      }
      const done = Math.min(missing.length, start + block);
      onProgress?.({ phase: "computing lower layers", done, total: missing.length, unit: "texts", note: `${counts.hits} from the cache` });
    }
  } finally {
    await runtime.session.release();
  }
  return { of: states, counts };
}
