import { randomUUID } from "node:crypto";
import { type CacheEntry, checkOptions, type EmbeddingCache, nonEmptyString, oneOf, positiveInteger } from "@quaterion/core";
import { checkEntry, checkKeys, checkSpace } from "../check-entry.js";
import { entryFromBytes, entryToBytes, type Precision, precisions } from "../entry-bytes.js";
import { prefixBytes, prefixOf, recordKey } from "../record-key.js";
import { PieceSize, pieceBytes, pieceKeys } from "./piece-size.js";
import { redisAddress } from "./redis-address.js";
import { RedisConnection } from "./redis-connection.js";
import { RedisNames } from "./redis-names.js";
import { clearNames, countNames } from "./scan-names.js";
import { leaseScript, storeScript } from "./scripts.js";

export interface OpenRedisCacheOptions {
  /** How numbers are stored; default `"float32"`. Entries of different precisions live side by side and never answer for each other. */
  precision?: Precision | undefined;
  /** What the names of all keys begin with; default `"quaterion"`. Caches of different prefixes don't see each other. */
  prefix?: string | undefined;
  /** Seconds after which an entry goes, counted from when it was put. By default entries stay until they are cleared or Redis lets them go. */
  expireSeconds?: number | undefined;
  /** How long a call waits for a server that is away, starting or silent, before it fails; default 20,000 ms. */
  waitMs?: number | undefined;
}

/**
 * A cache in a Redis server, shared by all machines that reach it. Each entry is stored whole or not at all; a call that fails may have stored some of
 * its entries. An entry that is torn, foreign, or gone (expired, evicted) counts as absent. Calls are cut into requests and replies of about 4 MB.
 * When the connection is lost, calls wait for `waitMs` and go on where they were.
 *
 * Keys and numbers are those of `openCache`: exact in `"float32"`, rounded to the nearest half in `"float16"`, to 255 steps of each vector in `"int8"`.
 * `stats()` and `clear()` look at all keys of the server's database, in steps. What `stats()` counts is what was there throughout: what is put or goes
 * meanwhile may be in it or not.
 * @param url `redis[s]://[[user]:password@]host[:port][/database]`; no message or statistic repeats its user and password
 * @throws {NotFoundError} when the package `@redis/client` is not installed
 * @throws {StorageError} when the server can't be reached, refuses the password, or is a Redis Cluster
 */
export async function openRedisCache(url: string, options: OpenRedisCacheOptions = {}): Promise<EmbeddingCache> {
  const address = redisAddress(url);
  checkOptions("openRedisCache", options, {
    precision: oneOf(precisions),
    prefix: nonEmptyString,
    expireSeconds: positiveInteger,
    waitMs: positiveInteger,
  });
  const { precision = "float32", prefix = "quaterion", expireSeconds, waitMs = 20_000 } = options;
  const names = new RedisNames(prefix);
  const server = await RedisConnection.open(address, waitMs);
  const location = `${address.shown} (keys ${prefix}:*)`;
  const reading = "read from";
  const writing = "write to";

  /** Reads the entries of some keys, in pieces: the next is asked for before one is decoded. @param keys of {@link recordKey} */
  async function read(keys: readonly Buffer[], each: (at: number, entry: CacheEntry | undefined) => void): Promise<void> {
    const piece = new PieceSize();
    const ask = (start: number) => {
      const part = keys.slice(start, start + piece.keys);
      const wanted = ["MGET", ...part.map((key) => names.entry(key))];
      return { start, part, reply: underway(server.run(reading, (send) => send(wanted)) as Promise<(Buffer | null)[]>) };
    };
    for (let next = keys.length > 0 ? ask(0) : undefined; next; ) {
      const { start, part, reply } = next;
      const found = await reply;
      piece.saw(found.map((bytes) => bytes?.length ?? 0));
      const end = start + part.length;
      next = end < keys.length ? ask(end) : undefined;
      if (next) await turn();
      for (const [i, bytes] of found.entries()) each(start + i, bytes ? entryFromBytes(part[i]!, bytes) : undefined);
    }
  }

  /** Writes entries in one request, and ends their leases. */
  function write(part: readonly { key: Buffer; bytes: Buffer }[], space: readonly (string | Buffer)[]): Promise<unknown> {
    const stored = part.map(({ key }) => names.entry(key));
    const store =
      expireSeconds === undefined
        ? ["MSET", ...part.flatMap(({ bytes }, i) => [stored[i]!, bytes])]
        : ["EVAL", storeScript, `${part.length}`, ...stored, `${expireSeconds}`, ...part.map(({ bytes }) => bytes)];
    // The leases last: whoever gets one after that finds the entry.
    return server.run(writing, (send) =>
      Promise.all([send(space), send(store), send(["UNLINK", ...part.map(({ key }) => names.lease(key))])]),
    );
  }

  /** Takes those leases that nobody has. @param token of the caller, so that a second try finds those of the first */
  async function lease(keys: readonly Buffer[], token: string, leaseMs: number): Promise<Buffer[]> {
    const taken: Buffer[] = [];
    for (let start = 0; start < keys.length; start += pieceKeys) {
      const part = keys.slice(start, start + pieceKeys);
      const leases = part.map((key) => names.lease(key));
      const got = await server.run(writing, (send) => send(["EVAL", leaseScript, `${part.length}`, ...leases, token, `${leaseMs}`]));
      for (const place of got as number[]) taken.push(part[place - 1]!);
    }
    return taken;
  }

  return {
    location,

    async getMany(space, keys) {
      server.demandOpen();
      checkSpace(space);
      checkKeys(keys);
      const found: (CacheEntry | undefined)[] = [];
      const own = prefixOf(space, precision);
      await read(
        keys.map((key) => recordKey(own, key)),
        (_, entry) => found.push(entry),
      );
      return found;
    },

    async putMany(space, list) {
      server.demandOpen();
      checkSpace(space);
      checkKeys(list.map(([key]) => key));
      for (const [at, [, entry]] of list.entries()) checkEntry(entry, at);
      const own = prefixOf(space, precision);
      const named = ["HSET", names.spaces, own.toString("base64url"), JSON.stringify({ space, precision })];
      let part: { key: Buffer; bytes: Buffer }[] = [];
      let size = 0;
      let before: Promise<unknown> | undefined;
      for (const [at, [content, entry]] of list.entries()) {
        const key = recordKey(own, content);
        const bytes = entryToBytes(key, entry, precision, 0);
        part.push({ key, bytes });
        size += bytes.length;
        if (size < pieceBytes && part.length < pieceKeys && at < list.length - 1) continue;
        await before;
        before = underway(write(part, named));
        part = [];
        size = 0;
        await turn();
      }
      await before;
    },

    async claim(space, keys, leaseMs) {
      server.demandOpen();
      checkSpace(space);
      checkKeys(keys);
      positiveInteger(leaseMs, "leaseMs");
      const own = prefixOf(space, precision);
      const wanted = new Map(keys.map((key) => [key, recordKey(own, key)] as const));
      const absent = async (some: readonly Buffer[]) => {
        const missing: Buffer[] = [];
        await read(some, (at, entry) => void (entry ?? missing.push(some[at]!)));
        return missing;
      };
      const taken = await lease(await absent(distinct([...wanted.values()])), randomUUID(), leaseMs);
      // Somebody else may have stored an entry, and ended its lease, after it was found absent.
      const mine = new Set((await absent(taken)).map((key) => key.toString("latin1")));
      const given = taken.filter((key) => !mine.has(key.toString("latin1")));
      if (given.length > 0) await server.run(writing, (send) => send(["UNLINK", ...given.map((key) => names.lease(key))]));
      return keys.filter((key) => mine.delete(wanted.get(key)!.toString("latin1")));
    },

    async stats() {
      server.demandOpen();
      const spaces = await countNames(server, names);
      const all = Object.values(spaces);
      const total = (what: "entries" | "bytes") => all.reduce((sum, each) => sum + each[what], 0);
      return { location, entries: total("entries"), bytes: total("bytes"), spaces };
    },

    async clear(space) {
      server.demandOpen();
      if (space === undefined) return clearNames(server, names);
      checkSpace(space);
      await clearNames(server, names, new Set(precisions.map((each) => prefixOf(space, each).toString("base64url", 0, prefixBytes))));
    },

    close: () => server.close(),
  };
}

/** Work whose failure is looked at later. */
function underway<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

/** Lets a request leave, so that the server works on it while the next is prepared. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function distinct(keys: readonly Buffer[]): Buffer[] {
  return [...new Map(keys.map((key) => [key.toString("latin1"), key])).values()];
}
