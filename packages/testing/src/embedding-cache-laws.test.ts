import type { CacheEntry, CacheKey, EmbeddingCache } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { embeddingCacheLaws } from "./index.js";

/** A right cache, whose parts a wrong one overrides. */
class MapCache implements EmbeddingCache {
  readonly held = new Map<string, Map<string, CacheEntry>>();
  name(key: CacheKey) {
    return String([...key]);
  }
  space(space: string) {
    if (!this.held.has(space)) this.held.set(space, new Map());
    return this.held.get(space)!;
  }
  copy({ shape, data }: CacheEntry): CacheEntry {
    return { shape: [...shape], data: data.slice() };
  }
  async getMany(space: string, keys: readonly CacheKey[]) {
    return keys.map((key) => {
      const found = this.space(space).get(this.name(key));
      return found && this.copy(found);
    });
  }
  async putMany(space: string, entries: readonly (readonly [CacheKey, CacheEntry])[]) {
    for (const [key, entry] of entries) this.space(space).set(this.name(key), this.copy(entry));
  }
  async stats() {
    const spaces = Object.fromEntries([...this.held].map(([name, space]) => [name, { entries: space.size, bytes: space.size * 4 }]));
    const entries = Object.values(spaces).reduce((sum, space) => sum + space.entries, 0);
    return { location: "memory", entries, bytes: entries * 4, spaces };
  }
  async clear(space?: string) {
    if (space === undefined) this.held.clear();
    else this.held.delete(space);
  }
  async close() {}
}

const wrong: [law: string, Cache: new () => MapCache][] = [
  [
    "gives back what was put, in the order that is asked for, and undefined for the rest",
    class extends MapCache {
      override async getMany(space: string, keys: readonly CacheKey[]) {
        const found = await super.getMany(space, keys);
        return found.includes(undefined) && keys.length === 4 ? found.filter((one) => one !== undefined) : found;
      }
    },
  ],
  [
    "takes lists of nothing",
    class extends MapCache {
      override async getMany(space: string, keys: readonly CacheKey[]) {
        if (keys.length === 0) throw new Error("no keys");
        return super.getMany(space, keys);
      }
    },
  ],
  [
    "tells keys apart by all their bytes",
    class extends MapCache {
      override name(key: CacheKey) {
        return String([...key.slice(0, 2)]);
      }
    },
  ],
  [
    "reads a key that is a part of a larger buffer",
    class extends MapCache {
      override name(key: CacheKey) {
        return String([...new Uint8Array(key.buffer)]);
      }
    },
  ],
  [
    "keeps spaces apart",
    class extends MapCache {
      override space(space: string) {
        return super.space(space.slice(0, 1));
      }
    },
  ],
  [
    "keeps the later of two entries of one key",
    class extends MapCache {
      override async putMany(space: string, entries: readonly (readonly [CacheKey, CacheEntry])[]) {
        return super.putMany(
          space,
          entries.filter(([key]) => !this.space(space).has(this.name(key))),
        );
      }
    },
  ],
  [
    "keeps the shape of token states",
    class extends MapCache {
      override copy({ data }: CacheEntry): CacheEntry {
        return { shape: [data.length], data: data.slice() };
      }
    },
  ],
  [
    "does not change when the caller's arrays do",
    class extends MapCache {
      override copy(entry: CacheEntry): CacheEntry {
        return entry;
      }
    },
  ],
  [
    "takes what several callers put at once",
    class extends MapCache {
      busy = false;
      override async putMany(space: string, entries: readonly (readonly [CacheKey, CacheEntry])[]) {
        if (this.busy) return;
        this.busy = true;
        await Promise.resolve();
        await super.putMany(space, entries);
        this.busy = false;
      }
    },
  ],
  [
    "counts its entries by space",
    class extends MapCache {
      override async stats() {
        return { ...(await super.stats()), bytes: 0 };
      }
    },
  ],
  [
    "clears one space, or all",
    class extends MapCache {
      override async clear() {
        this.held.clear();
      }
    },
  ],
];

async function broken(Cache: new () => MapCache): Promise<string[]> {
  const titles: string[] = [];
  for (const law of embeddingCacheLaws(() => new Cache())) await law.run().catch(() => titles.push(law.title));
  return titles;
}

describe("embeddingCacheLaws", () => {
  it("hold for a right cache", async () => {
    expect(await broken(MapCache)).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by a cache that is wrong in that alone", async (law, Cache) => {
    expect(await broken(Cache)).toEqual([law]);
  });
  it("all have a cache here that breaks them", () => {
    expect(embeddingCacheLaws(() => new MapCache()).map((law) => law.title)).toEqual(wrong.map(([law]) => law));
  });
  it("let stored numbers stray as far as the cache says", async () => {
    class Rounded extends MapCache {
      override copy({ shape, data }: CacheEntry): CacheEntry {
        return { shape, data: data.map((x) => x * 1.001) };
      }
    }
    expect((await broken(Rounded)).length).toBeGreaterThan(0);
    for (const law of embeddingCacheLaws(() => new Rounded(), { tolerance: 0.005 })) await law.run();
  });
});
