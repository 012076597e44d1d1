import { type AddressInfo, connect, createServer } from "node:net";
import { encodeCached, type FrozenEncoder } from "@quaterion/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedisCache } from "../src/index.js";
import { anyRedis, freshPrefix, noRedisServer, plainClient, startRedis, type TestServer } from "./redis-server.js";

const key = (name: string | number) => new TextEncoder().encode(`${name}`);
const vector = (...numbers: number[]) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });
const all = (count: number) => Array.from({ length: count }, (_, i) => i);
const encoderOf = (onBatch: (batch: number) => Promise<void> | void): FrozenEncoder<number> & { batches: number } => ({
  batches: 0,
  name: "squares",
  fingerprint: "squares",
  dim: 2,
  key,
  async encode(values) {
    await onBatch(++this.batches);
    return Float32Array.from(values.flatMap((value) => [value, value * value]));
  },
  save: async () => ({ kind: "squares", name: "squares", fingerprint: "squares", dim: 2, files: {}, config: {} }),
});

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
    const cache = await openRedisCache(lossy.url, { prefix, waitMs: 4000 });
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

if (noRedisServer !== undefined) console.warn(`What the cache does when a Redis server fails is not tried here: ${noRedisServer}.`);

describe.skipIf(noRedisServer !== undefined)("openRedisCache, when the server", { timeout: 60_000 }, () => {
  const servers: TestServer[] = [];
  const start = async (...settings: string[]) => {
    const server = await startRedis(settings);
    servers.push(server);
    return server;
  };
  afterAll(async () => {
    for (const server of servers) await server.end();
  });
  const message = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error("it worked"),
      (cause) => cause,
    );
    expect(error, error.message).toMatchObject({ code: "STORAGE" });
    for (let each = error; each; each = each.cause) expect(`${each.message} ${each.stack}`).not.toMatch(/s3cret|s3%23cret|s3#cret/);
    return error.message as string;
  };

  it("is killed and started again in the middle of an encode, waits for it and loses nothing of the run", async () => {
    const server = await start();
    const cache = await openRedisCache(server.url);
    let back: Promise<void> | undefined;
    const encoder = encoderOf(async (batch) => {
      if (batch !== 3) return;
      await server.kill();
      back = new Promise((wait) => setTimeout(wait, 300)).then(() => server.start());
    });
    const { vectors, misses } = await encodeCached(encoder, cache, all(100), { batch: 10 });
    await back;
    expect(misses).toBe(100);
    expect(encoder.batches).toBe(10);
    expect([...vectors]).toEqual(all(100).flatMap((i) => [i, i * i]));
    expect((await cache.stats()).entries).toBe(80); // this server keeps nothing on a disk: the first two batches went with it
    await cache.close();
  });

  it("goes away for good, fails after waitMs and names the place and the fix; the next run goes on", async () => {
    const server = await start();
    const cache = await openRedisCache(server.url, { waitMs: 1200 });
    await encodeCached(
      encoderOf(() => {}),
      cache,
      all(20),
    );
    await server.kill();
    const text = await message(
      encodeCached(
        encoderOf(() => {}),
        cache,
        all(40),
      ),
    );
    expect(text).toMatch(
      new RegExp(
        `^Could not read from the embedding cache in ${server.url}/0 after 1 s of trying: nothing listens on port ${server.port} of 127.0.0.1. Start Redis there`,
      ),
    );
    await server.start();
    const encoder = encoderOf(() => {});
    expect((await encodeCached(encoder, cache, all(40))).misses).toBe(40);
    await cache.close();
  });

  it("falls silent, fails after waitMs and works again when it speaks again", async () => {
    const server = await start();
    const cache = await openRedisCache(server.url, { waitMs: 1500 });
    await cache.putMany("m", [[key("a"), vector(1)]]);
    server.freeze(true);
    const text = await message(cache.getMany("m", [key("a")]));
    expect(text).toContain(`no answer from 127.0.0.1:${server.port}`);
    server.freeze(false);
    expect(await cache.getMany("m", [key("a")])).toEqual([vector(1)]);
    server.freeze(true);
    await cache.close();
    server.freeze(false);
  });

  it("wants a password, or another one", async () => {
    const server = await start("--requirepass", "s3cret");
    const at = (credentials: string) => `redis://${credentials}127.0.0.1:${server.port}`;
    const start_ = `Could not open the embedding cache in redis://127.0.0.1:${server.port}/0: `;
    expect(await message(openRedisCache(at("")))).toBe(
      `${start_}the server wants a password: put it into the URL, redis://:password@host:port. What it holds is not computed again.`,
    );
    expect(await message(openRedisCache(at(":s3%23cret@")))).toContain(`${start_}the server refused the user or the password of the URL`);
    expect(await message(openRedisCache(at("nobody:s3cret@")))).toContain("refused the user or the password");
    const cache = await openRedisCache(at(":s3cret@"));
    expect((await cache.stats()).location).toBe(`redis://127.0.0.1:${server.port}/0 (keys quaterion:*)`);
    await cache.close();
    const plain = await plainClient(at(":s3cret@"));
    await plain.sendCommand(["ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "+@read", "+select"]);
    const commands = "mget mset hset hgetall hdel unlink scan eval info get set strlen".split(" ").map((name) => `+${name}`);
    await plain.sendCommand(["ACL", "SETUSER", "worker", "on", ">s3cret", "~quaterion:*", ...commands]);
    await plain.close();
    for (const expireSeconds of [undefined, 60]) {
      const worker = await openRedisCache(at("worker:s3cret@"), { expireSeconds });
      expect(await worker.claim!("m", [key("a")], 1000)).toEqual([key("a")]);
      await worker.putMany("m", [[key("a"), vector(1)]]);
      expect(await worker.getMany("m", [key("a")])).toEqual([vector(1)]);
      expect((await worker.stats()).entries).toBe(1);
      await worker.clear("m");
      await worker.clear();
      expect((await worker.stats()).entries).toBe(0);
      await worker.close();
    }
    const reader = await openRedisCache(at("reader:s3cret@"));
    expect(await reader.getMany("m", [key("a")])).toEqual([undefined]);
    expect(await message(reader.putMany("m", [[key("a"), vector(1)]]))).toMatch(/the URL's user may not do this there: NOPERM .*hset/);
    await reader.close();
  });

  it("has no password, no such database, or is in cluster mode", async () => {
    const server = await start();
    expect(await message(openRedisCache(`redis://:s3cret@127.0.0.1:${server.port}`))).toContain(
      "the URL has a password and the server has none: leave it out",
    );
    expect(await message(openRedisCache(`${server.url}/99`))).toContain("the server has no database 99");
    const cluster = await start("--cluster-enabled", "yes");
    expect(await message(openRedisCache(cluster.url))).toContain("a node of a Redis Cluster, which is not supported");
  });

  it("is not there, is not Redis, or does not speak TLS", async () => {
    const server = await start();
    expect(await message(openRedisCache(server.url.replace("redis:", "rediss:"), { waitMs: 3000 }))).toContain("does it speak TLS");
    for (const [greeting, said] of [
      ["SSH-2.0-Some\r\n", /what answers on port \d+ is not Redis/],
      [undefined, /the server closed the connection. Is it Redis, is it running, and does it want TLS/],
    ] as const) {
      const other = createServer((socket) => {
        socket.on("error", () => {});
        if (greeting) socket.write(greeting);
        else socket.end();
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const { port } = other.address() as AddressInfo;
      expect(await message(openRedisCache(`redis://:s3cret@127.0.0.1:${port}`, { waitMs: 3000 }))).toMatch(said);
      other.close();
    }
    await server.kill();
    expect(await message(openRedisCache(server.url))).toMatch(/\/0: nothing listens on port \d+ of 127.0.0.1/);
    expect(await message(openRedisCache("redis://no-such-host.invalid"))).toContain(
      "no address is known for the host no-such-host.invalid",
    );
  });

  it("is full: says so where it evicts nothing, and counts what is left where it does", async () => {
    const server = await start("--maxmemory", "6mb", "--maxmemory-policy", "noeviction");
    const cache = await openRedisCache(server.url);
    const entries = all(20_000).map((i) => [key(i), vector(...Array(100).fill(i))] as const);
    expect(await message(cache.putMany("m", entries))).toMatch(/Could not write to .*the server's memory is full.*allkeys-lru/);
    const plain = await plainClient(server.url);
    await plain.configSet("maxmemory-policy", "allkeys-lru");
    await cache.putMany("m", entries);
    await plain.configSet("maxmemory", "0"); // from here on nothing goes
    const found = await cache.getMany(
      "m",
      entries.map(([name]) => name),
    );
    const left = found.flatMap((entry, i) => (entry ? [entry.data[99] === i] : []));
    expect(left).not.toContain(false);
    const there = left.length;
    expect(there).toBeGreaterThan(1000);
    expect(there).toBeLessThan(15_000);
    expect(await cache.stats()).toMatchObject({ entries: there, bytes: there * 420 });
    await Promise.all([cache.close(), plain.close()]);
  });

  it("is still loading its data: waits for it, or says so", async () => {
    const server = await start("--save", "3600 1", "--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024");
    const first = await openRedisCache(server.url);
    const entries = all(1500).map((i) => [key(i), vector(...Array(300).fill(i))] as const);
    await first.putMany("m", entries);
    await first.close();
    const plain = await plainClient(server.url);
    await plain.sendCommand(["SAVE"]);
    plain.destroy();
    await server.kill();
    const loaded = server.start();
    // Its port answers a moment after it was started.
    const asked = async (waitMs: number) => {
      for (;;) {
        const cache = await openRedisCache(server.url, { waitMs }).catch(() => undefined);
        if (cache) return cache.getMany("m", [key(1499)]).finally(() => cache.close());
      }
    };
    expect(await message(asked(150))).toMatch(/^Could not read from .*: the server is still loading its data\. Try again when it has\./);
    expect((await asked(30_000))[0]?.data[299]).toBe(1499);
    await loaded;
  });

  it("is a read-only replica", async () => {
    const [primary, replica] = [await start(), await start()];
    const [cache, plain] = [await openRedisCache(replica.url), await plainClient(replica.url)];
    await cache.putMany("m", [[key("a"), vector(1)]]);
    await plain.sendCommand(["REPLICAOF", "127.0.0.1", `${primary.port}`]);
    expect(await message(cache.putMany("m", [[key("a"), vector(1)]]))).toContain("read-only replica. Name its primary");
    await plain.sendCommand(["REPLICAOF", "NO", "ONE"]);
    await Promise.all([cache.close(), plain.close()]);
  });
});
