import { type CacheEntry, checkOptions, type EmbeddingCache, nonNegativeNumber } from "@quaterion/core";
import { demand, demandAllClose, type Law } from "./law.js";

export interface EmbeddingCacheLawOptions {
  /** How far a stored number may be from what was put, as a share of the largest in its entry: 0 (the default) for float32. */
  tolerance?: number | undefined;
}

const key = (...bytes: number[]) => Uint8Array.from(bytes);
const entry = (...data: number[]): CacheEntry => ({ shape: [data.length], data: Float32Array.from(data) });

/**
 * What every embedding cache must satisfy, for any test runner.
 * @param open opens a cache that holds nothing; the laws close it
 */
export function embeddingCacheLaws(open: () => EmbeddingCache | Promise<EmbeddingCache>, options: EmbeddingCacheLawOptions = {}): Law[] {
  checkOptions("embeddingCacheLaws", options, { tolerance: nonNegativeNumber });
  const { tolerance = 0 } = options;
  const same = (actual: CacheEntry | undefined, expected: CacheEntry, what: string) => {
    demand(actual !== undefined, `${what} is not there.`);
    demand(String(actual.shape) === String(expected.shape), `${what} has shape [${actual.shape}]; expected [${expected.shape}].`);
    const largest = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    demandAllClose(actual.data, expected.data, tolerance * largest, what);
  };
  const law = (title: string, check: (cache: EmbeddingCache) => Promise<void>): Law => ({
    title,
    async run() {
      const cache = await open();
      try {
        await check(cache);
      } finally {
        await cache.close();
      }
    },
  });

  return [
    law("gives back what was put, in the order that is asked for, and undefined for the rest", async (cache) => {
      await cache.putMany("s", [
        [key(1), entry(1, 2, 3)],
        [key(2), entry(-0.5, 0, 8)],
      ]);
      const [second, missing, first, again] = await cache.getMany("s", [key(2), key(3), key(1), key(2)]);
      same(second, entry(-0.5, 0, 8), "The second entry");
      demand(missing === undefined, "A key that was never put must give undefined.");
      same(first, entry(1, 2, 3), "The first entry");
      same(again, entry(-0.5, 0, 8), "An entry that is asked for twice");
    }),
    law("takes lists of nothing", async (cache) => {
      await cache.putMany("s", []);
      demand((await cache.getMany("s", [])).length === 0, "No keys must give no entries.");
    }),
    law("tells keys apart by all their bytes", async (cache) => {
      const keys = [
        key(),
        key(0),
        key(0, 0),
        key(0, 1),
        key(1),
        key(1, 0),
        key(255),
        key(195, 191),
        key(...Array.from({ length: 400 }, (_, i) => i % 256)),
      ];
      await cache.putMany(
        "s",
        keys.map((one, i) => [one, entry(i, 1)] as const),
      );
      const got = await cache.getMany(
        "s",
        keys.map((one) => Uint8Array.from(one)),
      );
      for (const [i, one] of got.entries()) same(one, entry(i, 1), `The entry of key [${[...keys[i]!.slice(0, 8)]}]`);
    }),
    law("reads a key that is a part of a larger buffer", async (cache) => {
      await cache.putMany("s", [[Uint8Array.from([9, 1, 2, 9]).subarray(1, 3), entry(4)]]);
      same((await cache.getMany("s", [key(1, 2)]))[0], entry(4), "The entry");
    }),
    law("keeps spaces apart", async (cache) => {
      await cache.putMany("a", [[key(1), entry(1)]]);
      await cache.putMany("ab", [[key(1), entry(2)]]);
      same((await cache.getMany("a", [key(1)]))[0], entry(1), "The entry of space a");
      same((await cache.getMany("ab", [key(1)]))[0], entry(2), "The entry of space ab");
      demand((await cache.getMany("b", [key(1)]))[0] === undefined, "A space that nothing was put into must be empty.");
    }),
    law("keeps the later of two entries of one key", async (cache) => {
      await cache.putMany("s", [[key(1), entry(1, 1)]]);
      await cache.putMany("s", [[key(1), entry(2, 2, 2)]]);
      same((await cache.getMany("s", [key(1)]))[0], entry(2, 2, 2), "The entry");
    }),
    law("keeps the shape of token states", async (cache) => {
      const states: CacheEntry = { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) };
      await cache.putMany("s", [[key(1), states]]);
      same((await cache.getMany("s", [key(1)]))[0], states, "The entry");
    }),
    law("does not change when the caller's arrays do", async (cache) => {
      const data = Float32Array.from([1, 2]);
      const bytes = key(1);
      await cache.putMany("s", [[bytes, { shape: [2], data }]]);
      data.fill(7);
      bytes.fill(7);
      const [first] = await cache.getMany("s", [key(1)]);
      same(first, entry(1, 2), "The entry after the array that was put changed");
      first!.data.fill(9);
      same((await cache.getMany("s", [key(1)]))[0], entry(1, 2), "The entry after the array that was got changed");
    }),
    law("takes what several callers put at once", async (cache) => {
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          cache.putMany("s", [
            [key(i), entry(i, -i)],
            [key(i, 1), entry(1, i)],
          ]),
        ),
      );
      const got = await cache.getMany(
        "s",
        Array.from({ length: 20 }, (_, i) => key(i)),
      );
      for (const [i, one] of got.entries()) same(one, entry(i, -i), `Entry ${i}`);
    }),
    law("counts its entries by space", async (cache) => {
      await cache.putMany("a", [
        [key(1), entry(1)],
        [key(2), entry(2)],
        [key(1), entry(3)],
      ]);
      await cache.putMany("b", [[key(1), entry(1, 2, 3)]]);
      const stats = await cache.stats();
      demand(stats.entries === 3, `\`stats().entries\` is ${stats.entries}; expected 3.`);
      demand(stats.spaces["a"]?.entries === 2, `\`stats().spaces.a.entries\` is ${stats.spaces["a"]?.entries}; expected 2.`);
      demand(stats.spaces["b"]?.entries === 1, `\`stats().spaces.b.entries\` is ${stats.spaces["b"]?.entries}; expected 1.`);
      demand(stats.bytes > 0, `\`stats().bytes\` is ${stats.bytes}; expected more than 0.`);
      demand(stats.location !== "", "`stats().location` must say where the cache is.");
    }),
    law("clears one space, or all", async (cache) => {
      for (const space of ["a", "b", "c"]) await cache.putMany(space, [[key(1), entry(1)]]);
      await cache.clear("a");
      demand((await cache.getMany("a", [key(1)]))[0] === undefined, "The cleared space must be empty.");
      same((await cache.getMany("b", [key(1)]))[0], entry(1), "The entry of another space");
      await cache.clear();
      demand((await cache.getMany("c", [key(1)]))[0] === undefined, "After `clear()` every space must be empty.");
      demand((await cache.stats()).entries === 0, "After `clear()` there must be no entries.");
    }),
  ];
}
