import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { withoutSomeTokens } from "./token-dropout.js";

const text = (length: number) => ({
  ids: Array.from({ length }, (_, place) => 100 + place),
  types: Array.from({ length }, (_, place) => place % 2),
  cut: true,
});

describe("withoutSomeTokens", () => {
  it("leaves tokens out at the rate, each place alike", () => {
    const random = new Random(1);
    const kept = new Map<number, number>();
    const draws = 4000;
    for (let draw = 0; draw < draws; draw++)
      for (const id of withoutSomeTokens(text(22), 0.3, 1, random).ids) kept.set(id, (kept.get(id) ?? 0) + 1);
    // One of the 20 between the ends is spared in each draw: P(kept) = 1 − 0.3 · 19/20.
    const expected = 1 - 0.3 * (19 / 20);
    for (let place = 1; place < 21; place++) {
      const share = kept.get(100 + place)! / draws;
      expect(Math.abs(share - expected), `place ${place}`).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / draws));
    }
  });

  it("keeps both ends, the prompt, the order, and the type of each token", () => {
    const random = new Random(2);
    for (let draw = 0; draw < 200; draw++) {
      const { ids, types, cut } = withoutSomeTokens(text(12), 0.8, 4, random);
      expect(ids.slice(0, 4)).toEqual([100, 101, 102, 103]);
      expect(ids.at(-1)).toBe(111);
      expect(ids.length).toBeGreaterThanOrEqual(6); // one of the text is left
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(types).toEqual(ids.map((id) => (id - 100) % 2));
      expect(cut).toBe(true);
    }
  });

  it("leaves texts of one token, or none, as they are", () => {
    const random = new Random(3);
    for (const length of [2, 3])
      for (let draw = 0; draw < 50; draw++) expect(withoutSomeTokens(text(length), 0.9, 1, random).ids).toHaveLength(length);
    expect(withoutSomeTokens({ ids: [1, 2, 3, 4], types: undefined, cut: false }, 0.5, 1, random).types).toBeUndefined();
  });

  it("is the same for the same state of the generator", () => {
    const draw = (seed: number) => withoutSomeTokens(text(40), 0.5, 1, new Random(seed)).ids;
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });
});
