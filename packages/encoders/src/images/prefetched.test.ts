import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { prefetched } from "./prefetched.js";

describe("prefetched", () => {
  it("gives results in order, with no more under way than asked for, and all of them where there are enough", async () => {
    let [under, most] = [0, 0];
    const results: number[] = [];
    const work = async (item: number) => {
      most = Math.max(most, ++under);
      await setTimeout((item * 7) % 5);
      under--;
      return item;
    };
    for await (const result of prefetched(20, 3, work)) results.push(result);
    expect(results).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(3);
  });

  it("begins nothing that is not asked for", async () => {
    const begun: number[] = [];
    const results = prefetched(100, 4, async (item) => void begun.push(item));
    expect(begun).toEqual([]);
    await results.next();
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it("fails with the first item that does in their order, and leaves no rejection behind", async () => {
    const work = async (item: number) => {
      await setTimeout(10 - item * 3);
      if (item > 0) throw new Error(`item ${item}`);
      return item;
    };
    const results = prefetched(4, 4, work);
    expect((await results.next()).value).toBe(0);
    await expect(results.next()).rejects.toThrow("item 1");
    await setTimeout(15);
  });
});
