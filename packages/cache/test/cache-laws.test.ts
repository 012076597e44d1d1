import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddingCache, encodeCached, type FrozenEncoder } from "@quaterion/core";
import { embeddingCacheLaws } from "@quaterion/testing";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { memoryCache, openCache, openRedisCache, type Precision } from "../src/index.js";
import { anyRedis, freshPrefix } from "./redis-server.js";

const key = (name: string) => new TextEncoder().encode(name);
const vector = (...numbers: number[]) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });

const made: string[] = [];
async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "quaterion-cache-"));
  made.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

type Make = (maxBytes?: number) => Promise<EmbeddingCache>;
const precisions: Precision[] = ["float32", "float16", "int8"];
const redis = await anyRedis();
const prefixes: string[] = [];
function ownPrefix(): string {
  prefixes.push(freshPrefix());
  return prefixes.at(-1)!;
}
afterAll(async () => {
  if (!redis) return;
  for (const prefix of prefixes) {
    const cache = await openRedisCache(redis.url, { prefix });
    await cache.clear();
    await cache.close();
  }
  await redis.end();
});

const kinds: [string, Make][] = [
  ["memoryCache", async (maxBytes) => memoryCache({ maxBytes })],
  ...precisions.map((precision): [string, Make] => [
    `openCache ${precision}`,
    async (maxBytes) => openCache({ folder: await freshFolder(), precision, maxBytes }),
  ]),
  ...(redis ? precisions : []).map((precision): [string, Make] => [
    `openRedisCache ${precision}`,
    () => openRedisCache(redis!.url, { prefix: ownPrefix(), precision }),
  ]),
  ...(redis ? [60] : []).map((expireSeconds): [string, Make] => [
    "openRedisCache with expireSeconds",
    () => openRedisCache(redis!.url, { prefix: ownPrefix(), expireSeconds }),
  ]),
];

/** Length and its root. */
const lengthEncoder: FrozenEncoder<string> = {
  name: "length",
  fingerprint: "length",
  dim: 2,
  key,
  encode: async (texts) => Float32Array.from(texts.flatMap((text) => [text.length, Math.sqrt(text.length)])),
  save: async () => ({ kind: "length", name: "length", fingerprint: "length", dim: 2, files: {}, config: {} }),
};

describe.each(kinds)("%s", (kind, make) => {
  // Redis has a limit of its own for all that it holds.
  const bounded = !kind.startsWith("openRedisCache");
  // int8 keeps 127 steps to either side of 0, float16 eleven bits.
  const tolerance = kind.endsWith("int8") ? 1 / 250 : kind.endsWith("float16") ? 2 ** -11 : 0;
  for (const { title, run } of embeddingCacheLaws(() => make(), { tolerance })) it(title, run);

  it("gives back what was put, in the order asked, and undefined for the rest", async () => {
    const cache = await make();
    await cache.putMany("m", [
      [key("a"), vector(1, -127)],
      [key("b"), { shape: [2, 1], data: Float32Array.of(127, -127) }],
    ]);
    expect(await cache.getMany("m", [key("b"), key("none"), key("a")])).toEqual([
      { shape: [2, 1], data: Float32Array.of(127, -127) },
      undefined,
      vector(1, -127),
    ]);
    expect(await cache.getMany("m", [])).toEqual([]);
    await cache.close();
  });

  it("keeps spaces apart, also when one's name begins with another's", async () => {
    const cache = await make();
    await cache.putMany("m", [[key("a"), vector(1)]]);
    await cache.putMany("m:query", [[key("a"), vector(2)]]);
    expect((await cache.getMany("m", [key("a")]))[0]?.data[0]).toBe(1);
    expect(await cache.getMany("m:", [key("a"), key("query:a")])).toEqual([undefined, undefined]);
    await cache.clear("m");
    expect(await cache.getMany("m", [key("a")])).toEqual([undefined]);
    expect((await cache.getMany("m:query", [key("a")]))[0]?.data[0]).toBe(2);
    expect(Object.keys((await cache.stats()).spaces)).toEqual(["m:query"]);
    await cache.clear();
    expect(await cache.stats()).toMatchObject({ entries: 0, bytes: 0, spaces: {} });
    await cache.close();
  });

  it("takes the last of two values for one key, and counts it once", async () => {
    const cache = await make();
    await cache.putMany("m", [
      [key("a"), vector(1)],
      [key("a"), vector(2)],
    ]);
    await cache.putMany("m", [[key("a"), vector(3)]]);
    expect((await cache.getMany("m", [key("a"), key("a")])).map((entry) => entry?.data[0])).toEqual([3, 3]);
    expect((await cache.stats()).entries).toBe(1);
    await cache.close();
  });

  it("keeps its own copy", async () => {
    const cache = await make();
    const mine = vector(127);
    await cache.putMany("m", [[key("a"), mine]]);
    mine.data[0] = 5;
    const [first] = await cache.getMany("m", [key("a")]);
    first!.data[0] = 6;
    expect((await cache.getMany("m", [key("a")]))[0]?.data[0]).toBe(127);
    await cache.close();
  });

  it("gives a cold run the numbers of a warm one", async () => {
    const cache = await make();
    const texts = Array.from({ length: 40 }, (_, i) => "x".repeat(i));
    const cold = await encodeCached(lengthEncoder, cache, texts, { batch: 7 });
    const warm = await encodeCached(lengthEncoder, cache, texts);
    expect([cold.misses, warm.misses]).toEqual([40, 0]);
    expect(warm.vectors).toEqual(cold.vectors);
    await cache.close();
  });

  if (bounded)
    it("holds no more than maxBytes, and lets the oldest go", async () => {
      const cache = await make(4000);
      for (let i = 0; i < 40; i++) await cache.putMany("m", [[key(`${i}`), vector(...Array(100).fill(i))]]);
      const { bytes, entries } = await cache.stats();
      expect(bytes).toBeLessThanOrEqual(4000);
      expect(bytes).toBeGreaterThan(3000);
      const found = await cache.getMany(
        "m",
        Array.from({ length: 40 }, (_, i) => key(`${i}`)),
      );
      expect(found.map((entry) => entry !== undefined)).toEqual(Array.from({ length: 40 }, (_, i) => i >= 40 - entries));
      await cache.close();
    });

  it("claims a key for one worker until it is put or the lease ends", async () => {
    const cache = await make();
    await cache.putMany("m", [[key("a"), vector(1)]]);
    expect(await cache.claim!("m", [key("a"), key("b"), key("c")], 60_000)).toEqual([key("b"), key("c")]);
    expect(await cache.claim!("m", [key("b"), key("d")], 20)).toEqual([key("d")]);
    expect(await cache.claim!("other", [key("b")], 60_000)).toEqual([key("b")]);
    await cache.putMany("m", [[key("b"), vector(2)]]);
    await new Promise((wait) => setTimeout(wait, 40));
    expect(await cache.claim!("m", [key("b"), key("c"), key("d")], 60_000)).toEqual([key("d")]);
    await cache.clear("m");
    expect(await cache.claim!("m", [key("a"), key("c")], 60_000)).toEqual([key("a"), key("c")]);
    await cache.close();
  });

  if (bounded)
    it("ends a lease with the putting, so that a value that had to go again may be claimed", async () => {
      const cache = await make(500);
      expect(await cache.claim!("m", [key("a")], 60_000)).toEqual([key("a")]);
      for (const name of "abcdefghij") await cache.putMany("m", [[key(name), vector(...Array(100).fill(1))]]);
      expect(await cache.getMany("m", [key("a")])).toEqual([undefined]);
      expect(await cache.claim!("m", [key("a")], 60_000)).toEqual([key("a")]);
      await cache.close();
    });

  it("stores nothing of a call with a bad entry, and says which", async () => {
    const cache = await make();
    const put = (entry: { shape: number[]; data: Float32Array }) =>
      cache.putMany("m", [
        [key("good"), vector(1)],
        [key("bad"), entry],
      ]);
    await expect(put(vector(1, Number.NaN))).rejects.toMatchObject({
      code: "NON_FINITE",
      message: expect.stringContaining("Entry 1 holds NaN at place 1"),
    });
    await expect(put({ shape: [3], data: new Float32Array(2) })).rejects.toThrow("The shape of entry 1 must be");
    await expect(put({ shape: [], data: new Float32Array(1) })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(cache.getMany("", [])).rejects.toThrow("`space` must be a text that is not empty");
    await expect(cache.getMany("m", ["a" as never])).rejects.toThrow("`keys[0]` must be a Uint8Array");
    expect((await cache.stats()).entries).toBe(0);
    await cache.close();
  });

  it("may be closed twice, and says that it is closed afterwards", async () => {
    const cache = await make();
    await Promise.all([cache.close(), cache.close()]);
    await cache.close();
    await expect(cache.getMany("m", [key("a")])).rejects.toMatchObject({ code: "STORAGE", message: expect.stringContaining("closed") });
    await expect(cache.stats()).rejects.toMatchObject({ code: "STORAGE" });
  });
});
