import { type AddressInfo, createServer } from "node:net";
import { encodeCached, type FrozenEncoder } from "@quaterion/core";
import { afterAll, describe, expect, it } from "vitest";
import { openRedisCache } from "../src/index.js";
import { noRedisServer, plainClient, startRedis, type TestServer } from "./redis-server.js";

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
        `^Could not read from the embedding cache in ${server.url}/0 after \\d+ s of trying: nothing listens on port ${server.port} of 127.0.0.1. Start Redis there`,
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
      expect(await message(openRedisCache(`redis://:s3cret@127.0.0.1:${port}`))).toMatch(said);
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
    const server = await start("--save", "3600 1", "--key-load-delay", "4000", "--loading-process-events-interval-bytes", "1024");
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
    expect(await message(asked(400))).toMatch(/^Could not read from .*: the server is still loading its data\. Try again when it has\./);
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
