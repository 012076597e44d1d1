import { type CacheEntry, type CacheKey, checkOptions, type EmbeddingCache, positiveInteger, StorageError } from "@quaterion/core";
import { checkEntry, checkKeys, checkSpace } from "./check-entry.js";

export interface MemoryCacheOptions {
  /** Bytes of embeddings it may hold; what has not been read or written for longest goes first. No limit by default. */
  maxBytes?: number | undefined;
}

/** A cache in this process's memory, in float32: gone when the process ends. Entries are copied in and out. */
export function memoryCache(options: MemoryCacheOptions = {}): EmbeddingCache {
  checkOptions("memoryCache", options, { maxBytes: positiveInteger });
  const { maxBytes = Number.POSITIVE_INFINITY } = options;
  /** Least recently used first. */
  const entries = new Map<string, { space: string; entry: CacheEntry }>();
  const leases = new Map<string, number>();
  let bytes = 0;
  let closed = false;

  const open = (space?: string) => {
    if (closed) throw new StorageError("This cache was closed. Make a new one with memoryCache().");
    if (space !== undefined) checkSpace(space);
  };
  const nameOf = (space: string, key: CacheKey) =>
    JSON.stringify([space, Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1")]);
  const drop = (name: string) => {
    bytes -= entries.get(name)?.entry.data.byteLength ?? 0;
    entries.delete(name);
  };

  return {
    async getMany(space, keys) {
      open(space);
      checkKeys(keys);
      return keys.map((key) => {
        const name = nameOf(space, key);
        const found = entries.get(name);
        if (!found) return undefined;
        entries.delete(name);
        entries.set(name, found);
        return { shape: [...found.entry.shape], data: found.entry.data.slice() };
      });
    },

    async putMany(space, list) {
      open(space);
      checkKeys(list.map(([key]) => key));
      for (const [at, [, entry]] of list.entries()) checkEntry(entry, at);
      for (const [key, { shape, data }] of list) {
        const name = nameOf(space, key);
        drop(name);
        leases.delete(name);
        entries.set(name, { space, entry: { shape: [...shape], data: data.slice() } });
        bytes += data.byteLength;
        for (const oldest of entries.keys()) {
          if (bytes <= maxBytes) break;
          drop(oldest);
        }
      }
    },

    async claim(space, keys, leaseMs) {
      open(space);
      checkKeys(keys);
      positiveInteger(leaseMs, "leaseMs");
      const now = Date.now();
      return keys.filter((key) => {
        const name = nameOf(space, key);
        if (entries.has(name) || (leases.get(name) ?? 0) > now) return false;
        leases.set(name, now + leaseMs);
        return true;
      });
    },

    async stats() {
      open();
      const spaces: Record<string, { entries: number; bytes: number }> = {};
      for (const { space, entry } of entries.values()) {
        spaces[space] ??= { entries: 0, bytes: 0 };
        spaces[space].entries++;
        spaces[space].bytes += entry.data.byteLength;
      }
      return { location: "memory", entries: entries.size, bytes, spaces };
    },

    async clear(space) {
      open(space);
      for (const [name, found] of [...entries]) if (space === undefined || found.space === space) drop(name);
      if (space === undefined) leases.clear();
      else for (const name of leases.keys()) if ((JSON.parse(name) as [string])[0] === space) leases.delete(name);
    },

    async close() {
      closed = true;
      entries.clear();
      leases.clear();
      bytes = 0;
    },
  };
}
