import type { EmbeddingCache } from "./cache-contract.js";
import { reject } from "./checks.js";
import { encodeCached } from "./encode-cached.js";
import type { FrozenEncoder } from "./encoder.js";

/** An encoder that asks a cache first. */
export interface CachedEncoder<Value> extends FrozenEncoder<Value> {
  /** Distinct values found in the cache, and encoded anew, by all calls so far. */
  readonly counts: { readonly hits: number; readonly misses: number };
}

/** The same encoder with a cache in front: equal values are encoded once, whatever run or process asked first. */
export function cachedEncoder<Value>(encoder: FrozenEncoder<Value>, cache: EmbeddingCache): CachedEncoder<Value> {
  if (typeof encoder?.encode !== "function") reject("encoder", "an encoder, such as hashingEncoder()", encoder);
  if (typeof cache?.getMany !== "function") reject("cache", "a cache, such as memoryCache() or await openCache()", cache);
  const counts = { hits: 0, misses: 0 };
  return {
    name: encoder.name,
    fingerprint: encoder.fingerprint,
    dim: encoder.dim,
    counts,
    ...(encoder.roles ? { roles: encoder.roles } : {}),
    async encode(values, options) {
      const { vectors, hits, misses } = await encodeCached(encoder, cache, values, options);
      counts.hits += hits;
      counts.misses += misses;
      return vectors;
    },
    key: (value) => encoder.key(value),
    save: (folder) => encoder.save(folder),
    ...(encoder.parts ? { parts: (value: Value) => encoder.parts!(value) } : {}),
  };
}
