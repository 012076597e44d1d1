import { type CacheEntry, checkOptions, type EmbeddingCache, nonEmptyString, oneOf, positiveInteger, StorageError } from "@quaterion/core";
import { defaultFolder, otherDefaultFolder } from "@quaterion/core/node";
import { checkEntry, checkKeys, checkSpace } from "./check-entry.js";
import { acquireDatabase } from "./database.js";
import { entryFromBytes, entryToBytes, orderOf, type Precision, precisions } from "./entry-bytes.js";
import { prefixBytes, prefixOf, recordKey } from "./record-key.js";
import { SpaceCounts, type SpaceRecord } from "./space-counts.js";
import { storageFailure, writeCause } from "./storage-failure.js";

export interface OpenCacheOptions {
  /** Default: `embeddings` in Quaterion's folder ({@link defaultFolder}). Made if it is not there. */
  folder?: string | undefined;
  /** How numbers are stored; default `"float32"`. Entries of different precisions live side by side in one folder and never answer for each other. */
  precision?: Precision | undefined;
  /** Bytes of entries in the folder, all spaces together; what was added first goes first. No limit by default. */
  maxBytes?: number | undefined;
}

/** Rows read before other work in this process gets a turn. */
const readsAtOnce = 4096;

/**
 * A cache in a folder (LMDB), shared by all processes of the machine that open it, at once. A batch is stored whole or not at all: a process that is
 * killed loses the batch it was writing and nothing else. Entries are checked against a checksum when read: one that is torn counts as absent.
 *
 * The key of an entry is SHA-256 of the space and precision (first 16 bytes), then SHA-256 of the value's key. Numbers come back as they were
 * stored: exactly in `"float32"`; rounded to the nearest half in `"float16"`; to 255 steps of each vector in `"int8"`.
 * @throws {IncompatibleError} when the folder was written in another layout; nothing in it is changed
 * @throws {StorageError} when the folder can't be made, read or written
 */
export async function openCache(options: OpenCacheOptions = {}): Promise<EmbeddingCache> {
  checkOptions("openCache", options, { folder: nonEmptyString, precision: oneOf(precisions), maxBytes: positiveInteger });
  const { folder = defaultFolder("embeddings"), precision = "float32", maxBytes = Number.POSITIVE_INFINITY } = options;
  const remedy = options.folder === undefined ? otherDefaultFolder() : "Open a cache in another folder: openCache({ folder })";
  const { location, database, release } = await acquireDatabase(folder, remedy);
  const { root, spaces, entries, order, leases } = database;
  let closing: Promise<void> | undefined;

  /** Runs `action` on an open database and turns what goes wrong into our errors. */
  async function guarded<T>(doing: string, action: () => T | Promise<T>): Promise<T> {
    if (closing) throw new StorageError(`The embedding cache in ${location} was closed. Open it again with openCache().`);
    try {
      return await action();
    } catch (cause) {
      throw storageFailure(doing, location, await writeCause(cause), remedy);
    }
  }

  // The three below are called within a transaction.

  function drop(key: Buffer, bytes: Buffer, counts: SpaceCounts): void {
    // Read before anything is removed: the bytes may be the database's own.
    const place = orderKey(orderOf(bytes));
    const size = bytes.length;
    entries.remove(key);
    order.remove(place);
    counts.add(key.subarray(0, prefixBytes), -1, -size);
  }

  function dropOldest(counts: SpaceCounts): void {
    for (let excess = counts.storedBytes() - maxBytes; excess > 0; ) {
      const oldest = [...order.getRange({ limit: 256 })];
      if (oldest.length === 0) return;
      for (const { key: place, value: key } of oldest) {
        if (excess <= 0) break;
        const bytes = entries.get(key);
        excess -= bytes?.length ?? 0;
        if (bytes) drop(key, bytes, counts);
        else order.remove(place);
      }
    }
    counts.write();
  }

  function lastPlace(): number {
    const [last] = order.getKeys({ reverse: true, limit: 1 });
    return last ? last.readDoubleBE(0) : 0;
  }

  return {
    getMany: (space, keys) =>
      guarded("read", async () => {
        checkSpace(space);
        checkKeys(keys);
        const prefix = prefixOf(space, precision);
        const found: (CacheEntry | undefined)[] = [];
        for (const [at, key] of keys.entries()) {
          if (at > 0 && at % readsAtOnce === 0) await new Promise((turn) => setImmediate(turn));
          const name = recordKey(prefix, key);
          const bytes = entries.get(name);
          found.push(bytes && entryFromBytes(name, bytes));
        }
        return found;
      }),

    putMany: (space, list) =>
      guarded("write to", async () => {
        checkSpace(space);
        checkKeys(list.map(([key]) => key));
        for (const [at, [, entry]] of list.entries()) checkEntry(entry, at);
        const prefix = prefixOf(space, precision);
        const fresh: SpaceRecord = { space, precision, entries: 0, bytes: 0 };
        await root.transaction(() => {
          const counts = new SpaceCounts(spaces);
          let place = lastPlace();
          for (const [key, entry] of list) {
            const name = recordKey(prefix, key);
            const old = entries.get(name);
            if (old) drop(name, old, counts);
            const bytes = entryToBytes(name, entry, precision, ++place);
            entries.put(name, bytes);
            order.put(orderKey(place), name);
            leases.remove(name);
            counts.add(prefix, 1, bytes.length, fresh);
          }
          counts.write();
          if (Number.isFinite(maxBytes)) dropOldest(counts);
        });
      }),

    claim: (space, keys, leaseMs) =>
      guarded("write to", async () => {
        checkSpace(space);
        checkKeys(keys);
        positiveInteger(leaseMs, "leaseMs");
        const prefix = prefixOf(space, precision);
        return root.transaction(() => {
          const now = Date.now();
          return keys.filter((key) => {
            const name = recordKey(prefix, key);
            const lease = leases.get(name);
            if (lease && lease.readDoubleBE(0) > now) return false;
            const bytes = entries.get(name);
            if (bytes && entryFromBytes(name, bytes)) return false;
            leases.put(name, orderKey(now + leaseMs));
            return true;
          });
        });
      }),

    stats: () =>
      guarded("read", () => {
        const bySpace: Record<string, { entries: number; bytes: number }> = {};
        let [allEntries, allBytes] = [0, 0];
        for (const { value } of spaces.getRange()) {
          const { entries: before, bytes: bytesBefore } = bySpace[value.space] ?? { entries: 0, bytes: 0 };
          bySpace[value.space] = { entries: before + value.entries, bytes: bytesBefore + value.bytes };
          allEntries += value.entries;
          allBytes += value.bytes;
        }
        return { location, entries: allEntries, bytes: allBytes, spaces: bySpace };
      }),

    clear: (space) =>
      guarded("write to", async () => {
        if (space !== undefined) checkSpace(space);
        const prefixes = space === undefined ? undefined : precisions.map((each) => prefixOf(space, each));
        await root.transaction(() => {
          if (!prefixes) {
            for (const part of [spaces, entries, order, leases]) part.clearSync();
            return;
          }
          const counts = new SpaceCounts(spaces);
          for (const prefix of prefixes) {
            const range = { start: prefix, end: Buffer.concat([prefix, Buffer.alloc(33, 0xff)]) };
            for (const { key, value } of [...entries.getRange(range)]) drop(key, value, counts);
            for (const key of [...leases.getKeys(range)]) leases.remove(key);
          }
          counts.write();
        });
      }),

    close: async () => {
      closing ??= release();
      await closing;
    },
  };
}

/** A number of 0 or more as 8 bytes that sort as the numbers do. */
function orderKey(place: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(place);
  return bytes;
}
