import type { CacheEntry, EmbeddingCache } from "./cache-contract.js";
import { reject } from "./checks.js";
import type { EncodeOptions, FrozenEncoder } from "./encoder.js";
import { AbortedError, NonFiniteError } from "./errors.js";

/** Vectors, and what it took to get them. */
export interface CachedVectors {
  /** `[values, dim]`, row-major. */
  readonly vectors: Float32Array;
  /** Distinct values that were found in the cache. */
  readonly hits: number;
  /** Distinct values that had to be encoded. */
  readonly misses: number;
}

export interface EncodeCachedOptions extends EncodeOptions {
  /** Values encoded, then stored, at a time: what a crash can lose. */
  batch?: number | undefined;
}

/**
 * Encodes values through a cache: equal values once, stored ones never again. Each batch is stored before the next is encoded, and the
 * vectors returned are read back from the cache, so that a cold run and a warm one get the same numbers whatever precision it stores.
 * @throws {NonFiniteError} when the encoder returns NaN or infinity
 */
export async function encodeCached<Value>(
  encoder: FrozenEncoder<Value>,
  cache: EmbeddingCache,
  values: readonly Value[],
  { batch = 256, signal, onProgress, role }: EncodeCachedOptions = {},
): Promise<CachedVectors> {
  if (typeof encoder?.encode !== "function" || typeof encoder.key !== "function")
    reject("encoder", "an encoder, such as hashingEncoder()", encoder);
  if (typeof cache?.getMany !== "function") reject("cache", "a cache, such as memoryCache() or await openCache()", cache);
  const { dim } = encoder;
  const space = role !== undefined && encoder.roles?.includes(role) ? `${encoder.fingerprint}:${role}` : encoder.fingerprint;
  const slots = new Map<string, { key: Uint8Array; value: Value; rows: number[] }>();
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    const key = await encoder.key(value);
    const name = byteText(key);
    const slot = slots.get(name);
    if (slot) slot.rows.push(row);
    else slots.set(name, { key, value, rows: [row] });
  }
  const distinct = [...slots.values()];
  const vectors = new Float32Array(values.length * dim);
  const place = (rows: readonly number[], entry: CacheEntry) => {
    for (const row of rows) vectors.set(entry.data, row * dim);
  };

  const found = await cache.getMany(
    space,
    distinct.map((slot) => slot.key),
  );
  const missing = distinct.filter((slot, i) => {
    const entry = found[i];
    if (entry?.data.length === dim) place(slot.rows, entry);
    return entry?.data.length !== dim;
  });
  const hits = distinct.length - missing.length;
  const report = (done: number) =>
    onProgress?.({ phase: "encoding", done, total: missing.length, unit: "values", note: `${hits} from the cache` });

  for (let start = 0; start < missing.length; start += batch) {
    if (signal?.aborted)
      throw new AbortedError(`Encoding was stopped after ${start} of ${missing.length} values; what was encoded is in the cache.`);
    report(start);
    const slice = missing.slice(start, start + batch);
    const encoded = await encoder.encode(
      slice.map((slot) => slot.value),
      { role, signal },
    );
    const bad = encoded.findIndex((number) => !Number.isFinite(number));
    if (bad >= 0) {
      throw new NonFiniteError(
        `Encoder "${encoder.name}" returned ${encoded[bad]} for the value ${JSON.stringify(slice[Math.floor(bad / dim)]!.value)?.slice(0, 80)}.`,
      );
    }
    const entries = slice.map((slot, i) => [slot.key, { shape: [dim], data: encoded.slice(i * dim, (i + 1) * dim) }] as const);
    await cache.putMany(space, entries);
    const stored = await cache.getMany(
      space,
      slice.map((slot) => slot.key),
    );
    for (const [i, slot] of slice.entries()) place(slot.rows, stored[i] ?? entries[i]![1]);
  }
  report(missing.length);
  return { vectors, hits, misses: missing.length };
}

const latin1 = new TextDecoder("latin1");

function byteText(bytes: Uint8Array): string {
  return `${bytes.length}:${latin1.decode(bytes)}`;
}
