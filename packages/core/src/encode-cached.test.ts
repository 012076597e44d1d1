import { describe, expect, it } from "vitest";
import type { CacheEntry, CacheKey, EmbeddingCache } from "./cache-contract.js";
import { cachedEncoder } from "./cached-encoder.js";
import { encodeCached } from "./encode-cached.js";
import type { FrozenEncoder } from "./encoder.js";

/** A cache that rounds to tenths, as a low-precision one would. */
function roundingCache(): EmbeddingCache & { puts: number[] } {
  const entries = new Map<string, CacheEntry>();
  const name = (space: string, key: CacheKey) => `${space}|${key.join()}`;
  const puts: number[] = [];
  return {
    puts,
    getMany: async (space, keys) => keys.map((key) => entries.get(name(space, key))),
    putMany: async (space, list) => {
      puts.push(list.length);
      for (const [key, entry] of list)
        entries.set(name(space, key), { shape: entry.shape, data: entry.data.map((v) => Math.round(v * 10) / 10) });
    },
    stats: async () => ({ location: "test", entries: entries.size, bytes: 0, spaces: {} }),
    clear: async () => entries.clear(),
    close: async () => {},
  };
}

/** [length, third of the length]: closed form. */
function lengthEncoder(broken = false): FrozenEncoder<string> & { encoded: string[]; asked: (string | undefined)[] } {
  const encoded: string[] = [];
  const asked: (string | undefined)[] = [];
  return {
    encoded,
    asked,
    name: "length",
    fingerprint: "length-1",
    dim: 2,
    key: (text) => new TextEncoder().encode(text),
    encode: async (texts, options) => {
      encoded.push(...texts);
      asked.push(options?.role);
      return Float32Array.from(texts.flatMap((text) => [broken && text === "bad" ? Number.NaN : text.length, text.length / 3]));
    },
    save: async () => ({ kind: "length", name: "length", fingerprint: "length-1", dim: 2, files: {}, config: {} }),
  };
}

describe("encodeCached", () => {
  it("encodes equal values once and puts their vector in every row", async () => {
    const encoder = lengthEncoder();
    const { vectors, hits, misses } = await encodeCached(encoder, roundingCache(), ["aa", "b", "aa", "b", "ccc"]);
    expect(encoder.encoded).toEqual(["aa", "b", "ccc"]);
    expect([hits, misses]).toEqual([0, 3]);
    expect([...vectors]).toEqual([...new Float32Array([2, 0.7, 1, 0.3, 2, 0.7, 1, 0.3, 3, 1])]);
  });

  it("gives a cold run the numbers that a warm run gets", async () => {
    const cache = roundingCache();
    const cold = await encodeCached(lengthEncoder(), cache, ["aa", "b"]);
    const encoder = lengthEncoder();
    const warm = await encodeCached(encoder, cache, ["b", "aa"]);
    expect(encoder.encoded).toEqual([]);
    expect([warm.hits, warm.misses]).toEqual([2, 0]);
    expect([...warm.vectors]).toEqual([...cold.vectors.slice(2), ...cold.vectors.slice(0, 2)]);
  });

  it("keeps roles apart where they change the vectors, and shares vectors where they do not", async () => {
    for (const [roles, asked] of [
      [["query", "document"], ["document"]],
      [undefined, []],
    ] as const) {
      const cache = roundingCache();
      await encodeCached({ ...lengthEncoder(), roles }, cache, ["aa"], { role: "query" });
      const encoder = lengthEncoder();
      await encodeCached({ ...encoder, roles }, cache, ["aa"], { role: "document" });
      expect(encoder.asked).toEqual(asked);
    }
  });

  it("stores each batch before it encodes the next", async () => {
    const cache = roundingCache();
    const controller = new AbortController();
    const values = Array.from({ length: 10 }, (_, i) => "x".repeat(i + 1));
    const onProgress = ({ done }: { done: number }) => {
      if (done >= 8) controller.abort();
    };
    await expect(encodeCached(lengthEncoder(), cache, values, { batch: 4, signal: controller.signal, onProgress })).resolves.toBeDefined();
    expect(cache.puts).toEqual([4, 4, 2]);
    controller.abort();
    await expect(encodeCached(lengthEncoder(), cache, ["new"], { signal: controller.signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("names the value when the encoder returns NaN, and stores nothing of that batch", async () => {
    const cache = roundingCache();
    await expect(encodeCached(lengthEncoder(true), cache, ["good", "bad"])).rejects.toThrow(
      'Encoder "length" returned NaN for the value "bad"',
    );
    expect(cache.puts).toEqual([]);
  });

  it("takes an entry of another length for missing", async () => {
    const cache = roundingCache();
    await cache.putMany("length-1", [[new TextEncoder().encode("aa"), { shape: [3], data: new Float32Array(3) }]]);
    const { misses, vectors } = await encodeCached(lengthEncoder(), cache, ["aa"]);
    expect(misses).toBe(1);
    expect(vectors[0]).toBe(2);
  });
});

describe("cachedEncoder", () => {
  it("gives the encoder's vectors, counts what it found, and is an encoder itself", async () => {
    const inner = lengthEncoder();
    const encoder = cachedEncoder(inner, roundingCache());
    await encoder.encode(["aa", "b"]);
    expect([...(await encoder.encode(["b", "ccc"]))]).toEqual([...new Float32Array([1, 0.3, 3, 1])]);
    expect(encoder.counts).toEqual({ hits: 1, misses: 3 });
    expect(inner.encoded).toEqual(["aa", "b", "ccc"]);
    expect([encoder.fingerprint, encoder.dim, encoder.key("a")]).toEqual(["length-1", 2, inner.key("a")]);
  });

  it("says at once which of the two is none", async () => {
    const [encoder, cache] = [lengthEncoder(), roundingCache()];
    expect(() => cachedEncoder(cache as never, encoder as never)).toThrow("`encoder` must be an encoder, such as hashingEncoder()");
    expect(() => cachedEncoder(encoder, undefined as never)).toThrow("`cache` must be a cache, such as memoryCache()");
    await expect(encodeCached(undefined as never, cache, ["a"])).rejects.toThrow("`encoder` must be an encoder");
    await expect(encodeCached(encoder, (() => cache) as never, ["a"])).rejects.toThrow("`cache` must be a cache");
  });
});
