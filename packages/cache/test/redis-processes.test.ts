import { describe, expect, it } from "vitest";
import { openRedisCache } from "../src/index.js";
import { run } from "./children.js";
import { anyRedis, freshPrefix } from "./redis-server.js";

const redis = await anyRedis();
const numbers = (lines: string[]) => lines.map(Number).sort((a, b) => a - b);
const all = (count: number) => Array.from({ length: count }, (_, i) => i);

describe.skipIf(!redis)("a cache in Redis that several processes use", { timeout: 60_000 }, () => {
  /** Runs with a prefix of its own, which holds nothing afterwards. */
  async function withPrefix(action: (place: string, prefix: string) => Promise<void>): Promise<void> {
    const prefix = freshPrefix();
    try {
      await action(`${redis!.url} ${prefix}`, prefix);
    } finally {
      const cache = await openRedisCache(redis!.url, { prefix });
      await cache.clear();
      await cache.close();
    }
  }
  async function storedValues(prefix: string, count: number): Promise<number> {
    const cache = await openRedisCache(redis!.url, { prefix });
    const found = await cache.getMany(
      "model",
      all(count).map((i) => new TextEncoder().encode(`value ${i}`)),
    );
    for (const [i, entry] of found.entries()) if (entry) expect([...entry.data]).toEqual(all(64).map((j) => i + j / 64));
    const stored = found.filter(Boolean).length;
    expect((await cache.stats()).spaces["model"]?.entries).toBe(stored);
    await cache.close();
    return stored;
  }

  it("has each value computed once by three workers that fill it", () =>
    withPrefix(async (place, prefix) => {
      const results = await Promise.all([1, 2, 3].map(() => run(["share", place, "60000"])));
      for (const { code, errors } of results) expect([code, errors]).toEqual([0, ""]);
      expect(numbers(results.flatMap(({ lines }) => lines))).toEqual(all(400));
      expect(await storedValues(prefix, 420)).toBe(400);
    }));

  it("gives what a killed worker had claimed to another when its lease ends", () =>
    withPrefix(async (place, prefix) => {
      const held = await run(["hold", place, "8000"], { onLine: (_, child) => child.kill("SIGKILL") });
      expect(held).toMatchObject({ code: null, lines: ["100"] });
      const cache = await openRedisCache(redis!.url, { prefix });
      const keys = all(100).map((i) => new TextEncoder().encode(`value ${i}`));
      expect(await cache.claim!("model", keys, 1000)).toEqual([]);
      await cache.close();
      const { code, lines, errors } = await run(["share", place, "60000"]);
      expect([code, errors]).toEqual([0, ""]);
      expect(numbers(lines)).toEqual(all(400));
      expect(await storedValues(prefix, 420)).toBe(400);
    }));

  it("takes what two processes write at once, and loses at most the batch in flight of one that is killed", () =>
    withPrefix(async (place, prefix) => {
      const [killed, whole] = await Promise.all([
        run(["fill", place, "1000000"], { onLine: (line, child) => void (Number(line) >= 3000 && child.kill("SIGKILL")) }),
        run(["fill", place, "2000"]),
      ]);
      expect([killed.code, whole.code, whole.errors]).toEqual([null, 0, ""]);
      const told = Number(killed.lines.at(-1));
      const stored = await storedValues(prefix, told + 5000);
      expect(stored).toBeGreaterThanOrEqual(told);
    }));

  it("does not keep a process alive that did not close it", () =>
    withPrefix(async (place) => {
      expect(await run(["leave", place])).toEqual({ code: 0, lines: ["50"], errors: "" });
    }));

  it("says what to install where the library is not there", () =>
    withPrefix(async (place) => {
      const { code, lines } = await run(["leave", place], { alone: true });
      expect(code).toBe(3);
      expect(JSON.parse(lines[0]!)).toEqual({
        code: "NOT_FOUND",
        message: "openRedisCache needs the package @redis/client, which is not installed: npm install @redis/client",
      });
    }));
});
