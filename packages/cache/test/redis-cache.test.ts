import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedisCache } from "../src/index.js";
import { anyRedis, freshPrefix, plainClient } from "./redis-server.js";

const key = (name: string | number) => new TextEncoder().encode(`${name}`);
const vector = (...numbers: number[]) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });
const all = (count: number) => Array.from({ length: count }, (_, i) => i);

const redis = await anyRedis();

describe.skipIf(!redis)("openRedisCache", () => {
  const url = redis?.url ?? "";
  let plain: Awaited<ReturnType<typeof plainClient>>;
  const prefixes: string[] = [];
  const open = (options: Parameters<typeof openRedisCache>[1] = {}) => {
    const { prefix = freshPrefix() } = options;
    prefixes.push(prefix);
    return openRedisCache(url, { ...options, prefix });
  };
  const namesOf = async (prefix: string) => {
    const names: string[] = [];
    for await (const page of plain.scanIterator({ MATCH: `${prefix}:*`, COUNT: 1000 })) names.push(...page);
    return names;
  };
  beforeAll(async () => {
    plain = await plainClient(url);
  });
  afterAll(async () => {
    for (const prefix of new Set(prefixes)) for (const name of await namesOf(prefix)) await plain.del(name);
    await plain.close();
    await redis?.end();
  });

  it("finds what another stored, and says where it is", async () => {
    const prefix = freshPrefix();
    const [first, second] = [await open({ prefix }), await open({ prefix })];
    await first.putMany("m", [[key("a"), vector(1, 2)]]);
    expect(await second.getMany("m", [key("a"), key("b")])).toEqual([vector(1, 2), undefined]);
    const { hostname, port, pathname } = new URL(url);
    expect(await second.stats()).toEqual({
      location: `redis://${hostname}:${port || 6379}/${pathname.slice(1) || 0} (keys ${prefix}:*)`,
      entries: 1,
      bytes: 28,
      spaces: { m: { entries: 1, bytes: 28 } },
    });
    expect(second.location).toBe((await second.stats()).location);
    await Promise.all([first.close(), second.close()]);
  });

  it("never answers with an entry of another precision or prefix", async () => {
    const prefix = freshPrefix();
    const [coarse, exact, other] = [await open({ prefix, precision: "int8" }), await open({ prefix }), await open()];
    await coarse.putMany("m", [[key("a"), vector(1, 0.3)]]);
    expect(await exact.getMany("m", [key("a")])).toEqual([undefined]);
    await exact.putMany("m", [[key("a"), vector(1, 0.3)]]);
    expect(await exact.getMany("m", [key("a")])).toEqual([vector(1, 0.3)]);
    expect((await coarse.getMany("m", [key("a")]))[0]?.data[1]).toBe(Math.fround(38 * Math.fround(1 / 127)));
    expect(await other.getMany("m", [key("a")])).toEqual([undefined]);
    expect((await exact.stats()).spaces).toMatchObject({ m: { entries: 2 } });
    await exact.clear("m");
    expect(await coarse.getMany("m", [key("a")])).toEqual([undefined]);
    await Promise.all([coarse.close(), exact.close(), other.close()]);
  });

  it("takes a value that is torn, moved or of another kind for absent, and mends it by putting", async () => {
    const prefix = freshPrefix();
    const cache = await open({ prefix });
    const keys = ["a", "b", "c"].map(key);
    await cache.putMany(
      "m",
      keys.map((one, i) => [one, vector(i)] as const),
    );
    const [first, second, third] = (await namesOf(prefix)).filter((name) => !name.endsWith("spaces")) as [string, string, string];
    await plain.copy(first, second, { REPLACE: true }); // an entry under the key of another
    await plain.setRange(first, 27, "x");
    await plain.del(third);
    await plain.lPush(third, "of somebody else");
    expect(await cache.getMany("m", keys)).toEqual([undefined, undefined, undefined]);
    expect((await cache.stats()).entries).toBe(2); // what is no text is no entry
    expect(await cache.claim!("m", keys, 60_000)).toEqual(keys);
    await cache.putMany(
      "m",
      keys.map((one, i) => [one, vector(i)] as const),
    );
    expect(await cache.getMany("m", keys)).toEqual(all(3).map((i) => vector(i)));
    await cache.close();
  });

  it("ends a lease with the putting, so that a value that had to go again may be claimed", async () => {
    const prefix = freshPrefix();
    const cache = await open({ prefix });
    expect(await cache.claim!("m", [key("a"), key("a")], 60_000)).toEqual([key("a")]);
    expect(await cache.claim!("m", [key("a")], 60_000)).toEqual([]);
    expect((await cache.stats()).entries).toBe(0);
    await cache.putMany("m", [[key("a"), vector(1)]]);
    await plain.unlink((await namesOf(prefix)).filter((name) => !/:(spaces|lease)$/.test(name)));
    expect(await cache.claim!("m", [key("a")], 60_000)).toEqual([key("a")]);
    await cache.close();
  });

  /** A line to the server that loses things. @param lose whether to lose what is asked, or the answer and the line */
  async function line(lose: (asked: Buffer, connection: number) => "question" | "answer" | undefined) {
    const { hostname, port, username, password, pathname } = new URL(url);
    let connections = 0;
    const middle = createServer((near) => {
      const far = connect(Number(port || 6379), hostname);
      const connection = ++connections;
      let lost: ReturnType<typeof lose>;
      near.on("error", () => {}).on("close", () => far.destroy());
      near.on("data", (bytes) => {
        lost = lose(bytes, connection);
        if (lost !== "question") far.write(bytes);
      });
      far.on("error", () => {}).on("data", (bytes) => (lost === "answer" ? near.destroy() : near.write(bytes)));
    });
    await new Promise<void>((resolve) => middle.listen(0, "127.0.0.1", resolve));
    const login = username || password ? `${username}:${password}@` : "";
    return {
      url: `redis://${login}127.0.0.1:${(middle.address() as AddressInfo).port}${pathname}`,
      connections: () => connections,
      end: () => middle.close(),
    };
  }

  it("gives a worker what it claimed when the answer got lost and it asked again", async () => {
    const prefix = freshPrefix();
    prefixes.push(prefix);
    const lossy = await line((asked, connection) => (connection === 1 && asked.includes("EVAL") ? "answer" : undefined));
    const cache = await openRedisCache(lossy.url, { prefix });
    const keys = all(50).map(key);
    expect(await cache.claim!("m", keys, 60_000)).toEqual(keys);
    expect(lossy.connections()).toBe(2);
    expect(await cache.claim!("m", keys, 60_000)).toEqual([]);
    await cache.close();
    lossy.end();
  });

  it("takes another connection where one went dead", async () => {
    const prefix = freshPrefix();
    prefixes.push(prefix);
    const lossy = await line((asked, connection) => (connection === 1 && asked.includes("MSET") ? "question" : undefined));
    const cache = await openRedisCache(lossy.url, { prefix, waitMs: 6000 });
    await cache.putMany("m", [[key("a"), vector(1)]]);
    expect(lossy.connections()).toBe(2);
    expect(await cache.getMany("m", [key("a")])).toEqual([vector(1)]);
    await cache.close();
    lossy.end();
  });

  it("clears what is its own and nothing else, however much that is", async () => {
    const prefix = `${freshPrefix()}[a]*?`;
    const [cache, near] = [await open({ prefix }), await open({ prefix: prefix.replace("*", "x") })];
    const entries = all(3000).map((i) => [key(i), vector(i)] as const);
    for (const space of ["m", "n"]) await cache.putMany(space, entries);
    await near.putMany("m", [[key("a"), vector(1)]]);
    await cache.claim!("m", [key("claimed")], 60_000);
    const foreign = [`${prefix}:1:mine`, `${prefix}:1:mine:too`, `${prefix}:jobs`, `${prefix}:2:spaces`, prefix];
    for (const name of foreign) await plain.set(name, "of somebody else");
    await cache.clear("m");
    expect((await cache.stats()).spaces).toEqual({ n: { entries: 3000, bytes: 72_000 } });
    expect(await cache.claim!("m", [key("claimed")], 60_000)).toEqual([key("claimed")]);
    await cache.clear();
    expect(await cache.stats()).toMatchObject({ entries: 0, bytes: 0, spaces: {} });
    const left: string[] = [];
    for await (const page of plain.scanIterator({ COUNT: 1000 })) left.push(...page.filter((name) => name.startsWith(prefix)));
    expect(left.sort()).toEqual(foreign.sort());
    expect((await near.stats()).entries).toBe(1);
    for (const name of foreign) await plain.del(name);
    await near.clear();
    await Promise.all([cache.close(), near.close()]);
  });

  it("counts rightly what several write at once, and what went without being cleared", async () => {
    const prefix = freshPrefix();
    const caches = await Promise.all(all(4).map(() => open({ prefix })));
    const entries = all(2000).map((i) => [key(i), vector(i, 1)] as const);
    await Promise.all(caches.map((cache, i) => cache.putMany("m", entries.slice(250 * i, 250 * i + 1250))));
    expect(await caches[0]!.stats()).toMatchObject({ entries: 2000, bytes: 56_000 });
    const some = (await namesOf(prefix)).filter((name) => !name.endsWith("spaces")).slice(0, 700);
    await plain.unlink(some);
    expect(await caches[0]!.stats()).toMatchObject({ entries: 1300, bytes: 36_400 });
    await plain.del(`${prefix}:1:spaces`);
    const { spaces } = await caches[1]!.stats();
    expect(Object.keys(spaces)[0]).toMatch(/^\(a space whose name was evicted: [\w-]{22}\)$/);
    await caches[1]!.putMany("m", [[key(0), vector(0, 1)]]);
    expect(Object.keys((await caches[0]!.stats()).spaces)).toEqual(["m"]);
    for (const cache of caches) await cache.close();
  });

  it("lets entries expire when it is told to, and only then", async () => {
    const prefix = freshPrefix();
    const [staying, going] = [await open({ prefix }), await open({ prefix, expireSeconds: 1 })];
    await staying.putMany("stays", [[key("a"), vector(1)]]);
    const many = all(1500).map((i) => [key(i), vector(i)] as const);
    await going.putMany("goes", many);
    const lives = await Promise.all((await namesOf(prefix)).map((name) => plain.pTTL(name)));
    expect(lives.filter((life) => life === -1)).toHaveLength(2); // the one that stays, and the names of spaces
    expect(lives.every((life) => life <= 1000)).toBe(true);
    await new Promise((wait) => setTimeout(wait, 1100));
    expect((await going.stats()).spaces).toEqual({ stays: { entries: 1, bytes: 24 } });
    expect(await going.getMany("goes", [key(0)])).toEqual([undefined]);
    await Promise.all([staying.close(), going.close()]);
  });

  it("asks for as much at a time as is about 4 MB, and lets other work have its turn", async () => {
    const prefix = freshPrefix();
    const cache = await open({ prefix });
    const large = { shape: [1 << 19], data: new Float32Array(1 << 19).fill(1) }; // 2 MiB
    await cache.putMany(
      "large",
      all(12).map((i) => [key(i), large] as const),
    );
    const small = all(20_000).map((i) => [key(i), vector(...Array(100).fill(i))] as const);
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    await cache.putMany("small", small);
    expect(turns).toBeGreaterThan(5);
    turns = 0;
    const monitor = await plainClient(url);
    const asked: number[] = [];
    await monitor.monitor((command) => void (command.includes(`"MGET" "${prefix}:`) && asked.push(command.split('" "').length - 1)));
    const found = await cache.getMany(
      "small",
      small.map(([name]) => name),
    );
    expect(turns).toBeGreaterThan(5);
    clearInterval(ticking);
    expect(found.every((entry, i) => entry?.data[99] === i)).toBe(true);
    await cache.getMany("large", all(12).map(key));
    while (asked.reduce((sum, keys) => sum + keys, 0) < 20_012) await new Promise((wait) => setTimeout(wait, 10));
    monitor.destroy();
    const [first, ofLarge] = [asked.slice(0, 8), asked.slice(asked.lastIndexOf(8))];
    expect(first).toEqual([8, 16, 32, 64, 128, 256, 512, 1024]);
    expect(asked.slice(8, -ofLarge.length - 1).every((keys) => keys === 1024)).toBe(true);
    // What is large is known after the first: two of 2 MiB and their heads are more than 4 MiB.
    expect(ofLarge).toEqual([8, 1, 1, 1, 1]);
    await cache.close();
  });

  it("says what is wrong with a URL or an option, and never repeats a password", async () => {
    await expect(openRedisCache(url, { precison: "int8" } as never)).rejects.toThrow('Did you mean "precision"?');
    await expect(openRedisCache(url, { expireSeconds: 0.5 })).rejects.toThrow("`openRedisCache.expireSeconds` must be a whole number");
    await expect(openRedisCache("http://user:secret@host")).rejects.toThrow(/^`url` must be .*; received one that begins with http:\.$/);
  });
});
