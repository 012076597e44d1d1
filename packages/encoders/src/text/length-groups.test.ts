import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lengthGroups } from "./length-groups.js";

describe("lengthGroups", () => {
  it("holds every row once, at most `batch` in a group, the longest first, with little padding", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 200 }), fc.integer({ min: 1, max: 64 }), (lengths, batch) => {
        const groups = lengthGroups(lengths, batch);
        expect(groups.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
        for (const group of groups) {
          expect(group.length).toBeLessThanOrEqual(batch);
          const longest = Math.max(...group.map((row) => lengths[row]!));
          expect(lengths[group[0]!]).toBe(longest);
          const padding = group.reduce((sum, row) => sum + longest - lengths[row]!, 0);
          expect(padding).toBeLessThanOrEqual(Math.max(48, 0.1 * longest * group.length));
        }
      }),
    );
  });

  it("puts texts of one length into full groups", () => {
    expect(lengthGroups(Array(10).fill(7), 4).map((group) => group.length)).toEqual([4, 4, 2]);
  });
});
