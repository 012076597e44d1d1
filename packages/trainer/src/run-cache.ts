import type { CacheEntry, CacheKey, EmbeddingCache } from "@quaterion/core";

/** Vectors kept for one run: what `fit` encodes through where it is given no cache, so that equal values are encoded once. */
export function runCache(): EmbeddingCache {
  const spaces = new Map<string, Map<string, CacheEntry>>();
  const name = (key: CacheKey) => Buffer.from(key).toString("latin1");
  return {
    getMany: async (space, keys) => keys.map((key) => spaces.get(space)?.get(name(key))),
    async putMany(space, entries) {
      const own = spaces.get(space) ?? new Map<string, CacheEntry>();
      spaces.set(space, own);
      for (const [key, entry] of entries) own.set(name(key), entry);
    },
    async stats() {
      const sizes = [...spaces].map(([space, own]) => {
        const bytes = [...own.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
        return [space, { entries: own.size, bytes }] as const;
      });
      return {
        location: "memory",
        entries: sizes.reduce((sum, [, { entries }]) => sum + entries, 0),
        bytes: sizes.reduce((sum, [, { bytes }]) => sum + bytes, 0),
        spaces: Object.fromEntries(sizes),
      };
    },
    async clear(space) {
      if (space === undefined) spaces.clear();
      else spaces.delete(space);
    },
    close: async () => spaces.clear(),
  };
}
